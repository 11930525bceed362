from datetime import timedelta

import pytest
import sqlalchemy as sa

from commons.accounts import services
from commons.accounts.models import LoginSession
from commons.db import utcnow
from commons.errors import Forbidden, Invalid


@pytest.fixture
def session(app):
    with app.extensions["database"].write() as session:
        yield session


@pytest.fixture(scope="module")
def password_hash():
    return services.hash_password("a long password")


@pytest.fixture
def ada(session, password_hash):
    return services.sign_up(session, handle="Ada", name="", password_hash=password_hash)


def test_a_handle_is_folded_and_the_name_falls_back_to_it(ada):
    assert (ada.handle, ada.name) == ("ada", "ada")


@pytest.mark.parametrize("handle", ["ADA", " ada ", "@ada", "commons", "root", "a", "-a-", "a b", "á", "", "x" * 40])
def test_taken_reserved_and_malformed_handles_are_refused_at_the_field(session, ada, handle):
    with pytest.raises(Invalid) as refused:
        services.sign_up(session, handle=handle, name="", password_hash="x")
    assert "handle" in refused.value.problems


def test_the_password_is_kept_only_as_scrypt(ada):
    assert ada.password_hash.startswith("scrypt:")
    assert "a long password" not in ada.password_hash


def test_a_password_opens_its_own_account_alone(session, ada):
    now = utcnow()
    assert services.check_password(session, "Ada", "a long password", now=now) is ada
    assert services.check_password(session, "ada", "another password", now=now) is None
    assert services.check_password(session, "nobody", "a long password", now=now) is None


def test_nobody_signs_in_as_the_commons(session):
    services.commons_account(session)
    assert services.check_password(session, "commons", "", now=utcnow()) is None


def test_too_many_failures_close_a_handle_for_a_while_even_with_the_right_password(session, ada):
    now = utcnow()
    for _ in range(services.FAILURES_MAX):
        services.count_failure(session, "Ada", now=now)
    with pytest.raises(Forbidden, match="Too many"):
        services.check_password(session, "ada", "a long password", now=now)
    later = now + services.FAILURES_WITHIN + timedelta(seconds=1)
    assert services.check_password(session, "ada", "a long password", now=later) is ada


def test_signing_in_forgets_the_failures(session, ada):
    now = utcnow()
    for _ in range(services.FAILURES_MAX):
        services.count_failure(session, "ada", now=now)
    services.begin_login(session, ada, replacing=None, now=now)
    assert services.check_password(session, "ada", "a long password", now=now) is ada


def test_a_login_replaces_the_one_before_and_only_its_hash_is_kept(session, ada):
    now = utcnow()
    first = services.begin_login(session, ada, replacing=None, now=now)
    second = services.begin_login(session, ada, replacing=first, now=now)
    assert services.account_of(session, first, now=now) is None
    assert services.account_of(session, second, now=now) is ada
    kept = session.scalars(sa.select(LoginSession.token_sha256)).all()
    assert len(kept) == 1
    assert second not in kept


def test_a_login_ends_by_itself_and_by_hand(session, ada):
    now = utcnow()
    token = services.begin_login(session, ada, replacing=None, now=now)
    assert services.account_of(session, token, now=now + services.SIGNED_IN_FOR) is None
    services.end_login(session, token)
    assert services.account_of(session, token, now=now) is None
