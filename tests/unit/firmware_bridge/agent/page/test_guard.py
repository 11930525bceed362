import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.agent.page.guard import TRIES, WITHIN_S, Guard


@pytest.fixture
def guard(clock):
    return Guard(key="a long secret", api_key="f" * 32, names=frozenset({"shed.local"}), clock=clock)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8017",
        "localhost",
        "LOCALHOST:80",
        "192.168.1.4",
        "[::1]:8017",
        "[::1]",
        "shed.local:8017",
        "Shed.Local",
    ],
)
def test_the_names_it_answers_to(guard, host):
    assert guard.answers_to(host)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:8017", "127.0.0.1.evil.example", "shed.local.evil.example", "localhost.evil",
     "127.0.0.1:8017@evil.example", "localhost:x", "[::1", "[evil.example]", "[::1]evil", "::1", "127.0.0.1:80:80"],
)  # fmt: skip
def test_the_names_it_does_not(guard, host):
    assert not guard.answers_to(host)


def test_a_token_is_good_for_its_visitor_alone(guard):
    token = guard.token("ada")
    assert guard.is_token("ada", token)
    assert not guard.is_token("bob", token)
    assert not guard.is_token("", guard.token(""))
    assert not guard.is_token("ada", "")


def test_an_entry_is_no_token_and_none_of_another_process(guard, clock):
    entry = guard.entry("ada")
    assert guard.may_enter("ada", entry)
    assert not guard.may_enter("bob", entry)
    assert not guard.may_enter("", guard.entry(""))
    assert not guard.may_enter("ada", guard.token("ada"))
    assert not Guard("a long secret", "f" * 32, frozenset()).may_enter("ada", entry)


def test_without_a_key_everybody_who_reaches_it_may_enter():
    assert Guard("", "f" * 32, frozenset()).may_enter("", "")


def test_an_empty_key_is_never_given(guard):
    assert not Guard("", "f" * 32, frozenset()).is_key("peer", "")


@settings(deadline=None)
@given(st.text())
def test_only_the_key_opens(given_key):
    guard = Guard("a long secret", "f" * 32, frozenset())
    assert guard.is_key("peer", given_key) is (given_key == "a long secret")
    assert guard.is_api_key(given_key) is (given_key == "f" * 32)


def test_wrong_keys_make_their_address_wait(guard, clock):
    for _ in range(TRIES):
        assert guard.wait_s("evil") == 0
        guard.is_key("evil", "guess")
    assert guard.wait_s("evil") == WITHIN_S
    assert guard.wait_s("ada") == 0
    clock.now = WITHIN_S - 1
    assert guard.wait_s("evil") == 1
    clock.now = WITHIN_S
    assert guard.wait_s("evil") == 0


def test_however_many_others_guess_the_owner_may_try(guard, clock):
    for number in range(1_000):
        guard.is_key(f"evil {number}", "guess")
    assert guard.wait_s("ada") == 0


def test_the_right_key_counts_nothing(guard):
    for _ in range(2 * TRIES):
        assert guard.is_key("ada", "a long secret")
    assert guard.wait_s("ada") == 0
