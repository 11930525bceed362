from datetime import UTC, datetime

import pytest

from commons import pages
from commons.errors import Conflict, Invalid, Unavailable


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (3599, "1 h 00 min"), (7500, "2 h 05 min"), (4e5, "5 days")],
)
def test_durations_as_people_say_them(seconds, words):
    assert pages.duration(seconds) == words


@pytest.mark.parametrize(
    ("value", "digits", "words"), [(60.0, 2, "60"), (12.5, 2, "12.5"), (0.125, 2, "0.12"), (99.6, 0, "100")]
)
def test_numbers_without_trailing_zeros(value, digits, words):
    assert pages.number(value, digits) == words


def test_a_moment_says_utc_where_no_script_translates_it():
    shown = pages.moment(datetime(2026, 3, 1, 9, 5, tzinfo=UTC))
    assert shown == '<time datetime="2026-03-01T09:05:00+00:00">1 Mar 2026, 09:05 UTC</time>'


@pytest.mark.parametrize(
    ("licensor", "words"),
    [("Ada", "Ada"), ({"name": "Ada", "email": "a@b"}, "Ada"), (["Ada", {"name": "Eve"}], "Ada, Eve")],
)
def test_licensors_in_every_shape_the_standard_allows(licensor, words):
    assert pages.licensor({"licensor": licensor}) == words


def test_no_page_allows_inline_code_or_another_origin(app):
    policy = app.test_client().get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("error", [Conflict("too late"), Invalid("no sense"), Unavailable("gone")])
def test_errors_become_pages_with_their_status_and_words(app, error):
    def fail() -> None:
        raise error

    app.add_url_rule("/fails", view_func=fail)
    answer = app.test_client().get("/fails")
    assert answer.status_code == error.status
    assert str(error) in answer.text


def test_a_fault_of_ours_shows_no_trace(app):
    def fail() -> None:
        raise RuntimeError("secret detail")

    app.testing = False
    app.add_url_rule("/fails", view_func=fail)
    answer = app.test_client().get("/fails")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text


def test_too_large_a_request_is_said_so(app):
    browser = app.test_client()
    answer = browser.post("/designs/knob/preview", data={"p.diameter": "1" * 9_000_000})
    assert answer.status_code == 413
