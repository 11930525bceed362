import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from commons.catalog import metering
from commons.catalog.metering import AtOnce, Buckets, MeteredForge
from fabrication.errors import ForgeUnavailable
from fabrication.geometry.client import ForgeClient
from fabrication.geometry.service import Geometry


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_share_at_once_and_again_over_the_minute():
    clock = Clock()
    buckets = Buckets(60, clock)
    assert [buckets.take("a") for _ in range(60)] == [0] * 60
    assert buckets.take("a") == pytest.approx(1)
    assert buckets.take("b") == 0
    clock.now += 2
    assert [buckets.take("a") for _ in range(2)] == [0, 0]
    assert buckets.take("a") > 0
    clock.now += 3600
    assert [buckets.take("a") for _ in range(60)] == [0] * 60
    assert buckets.take("a") > 0


def test_addresses_that_came_once_are_forgotten(monkeypatch):
    monkeypatch.setattr(metering, "ADDRESSES_MAX", 3)
    clock = Clock()
    buckets = Buckets(60, clock)
    for number in range(20):
        buckets.take(str(number))
        clock.now += 5
    assert len(buckets._full_at) <= 3


@pytest.fixture
def metered(app, tmp_path):
    """The site over a forge that is not there: every job asked of it is counted all the same."""
    app.extensions["geometry"] = Geometry(
        MeteredForge(tmp_path / "no-forge.sock", jobs_a_minute=3), app.extensions["artefacts"]
    )
    return app.test_client()


def test_who_asks_for_too_much_is_told_when_to_come_back_and_others_are_served(metered):
    def ask(address: str, path: str = "/designs/knob/files/stl"):
        return metered.get(path, environ_overrides={"REMOTE_ADDR": address})

    assert [ask("10.0.0.1").status_code for _ in range(4)] == [503, 503, 503, 429]
    refused = ask("10.0.0.1", "/designs/knob/picture.png?p.diameter=33")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert "Try again in" in refused.text
    assert ask("10.0.0.2").status_code == 503
    assert ask("10.0.0.1", "/designs/knob").status_code == 200
    assert [ask(f"2001:db8::{number}").status_code for number in range(4)] == [503, 503, 503, 429]


def test_a_preview_too_many_is_said_beside_the_sliders(metered, app, monkeypatch):
    monkeypatch.setattr(metering.MeteredForge, "run", _refuse)
    token = metered.get("/designs/knob").text.split('name="csrf-token" content="')[1].split('"')[0]
    answer = metered.post("/designs/knob/preview", headers={"X-CSRFToken": token})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert "Try again in 7 s" in answer.json["message"]


def _refuse(*_: object, **__: object) -> None:
    raise metering.TooOften(7)


def test_one_address_cannot_hold_every_thread_and_gives_back_what_it_held(app):
    AtOnce(2).guard(app)
    inside, go_on = threading.Barrier(3), threading.Event()

    @app.get("/slow")
    def slow():
        inside.wait(10)
        assert go_on.wait(10)
        return "done"

    def ask(address="10.0.0.1", path="/slow"):
        return app.test_client().get(path, environ_overrides={"REMOTE_ADDR": address})

    with ThreadPoolExecutor(2) as pool:
        held = [pool.submit(ask) for _ in range(2)]
        inside.wait(10)
        refused = ask(path="/")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
        assert ask("10.0.0.2", "/").status_code == 200
        go_on.set()
        assert [answer.result().status_code for answer in held] == [200, 200]
    assert ask(path="/").status_code == 200
    assert ask(path="/nowhere").status_code == 404
    assert [ask(path="/").status_code for _ in range(5)] == [200] * 5


def test_what_the_planner_asks_is_not_counted(tmp_path):
    forge = MeteredForge(tmp_path / "no-forge.sock", jobs_a_minute=1)
    for _ in range(3):
        with pytest.raises(ForgeUnavailable):
            forge.run("build", {}, {})


def test_each_visitor_and_page_is_an_asker_of_its_own_whose_previews_replace_each_other(metered, monkeypatch):
    asked = []

    def run(self, kind, request, inputs, **options):
        asked.append((options["asker"], options["replaces"]))
        raise ForgeUnavailable("nobody listens")

    monkeypatch.setattr(ForgeClient, "run", run)
    other = metered.application.test_client()
    for client, slug in ((metered, "knob"), (metered, "pipe-clamp"), (other, "knob")):
        token = client.get(f"/designs/{slug}").text.split('name="csrf-token" content="')[1].split('"')[0]
        client.post(f"/designs/{slug}/preview", headers={"X-CSRFToken": token})
        assert token not in asked[-1][0]
    for path in ("knob/files/stl", "knob/picture.png", "pipe-clamp/picture.png"):
        metered.get(f"/designs/{path}").close()
    assert len({asker for asker, _ in asked[:3]}) == 3
    assert len({asker for asker, _ in asked[3:]}) == 1, "a page of pictures is no crowd of visitors"
    assert [replaces for _, replaces in asked] == [True, True, True, False, False, False]
    assert asked[0][0].endswith("/designs/knob/preview")
