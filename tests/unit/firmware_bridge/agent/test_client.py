import pytest

from firmware_bridge import wire
from firmware_bridge.agent.client import CommonsClient, check_url, pair
from firmware_bridge.errors import CommonsRefused, CommonsUnreachable, UsageError


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://commons.example/", "https://commons.example"),
        ("https://commons.example/sub", "https://commons.example/sub"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://localhost:5000/", "http://localhost:5000"),
        ("http://[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_addresses_that_may_be_used(url, kept):
    assert check_url(url) == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://commons.example",
        "http://127.0.0.1.evil.example",
        "http://192.168.1.4:5000",
        "ftp://127.0.0.1",
        "commons.example",
        "https://",
        "https://user:secret@commons.example",
        "https://commons.example/?a=b",
    ],
)
def test_addresses_that_may_not(url):
    with pytest.raises(UsageError):
        check_url(url)


class Grant(CommonsClient):
    """A commons whose token endpoint gives one answer after the other, and a clock that only waiting moves."""

    def __init__(self, *answers, expires_in=900):
        super().__init__("http://127.0.0.1:1")
        self.answers, self.expires_in = list(answers), expires_in
        self.now, self.waits = 0.0, []

    def device(self, bridge_name):
        return wire.PairingCode(
            device_code="d",
            user_code="BCDF-GHJK",
            verification_uri="http://127.0.0.1:1/pair",
            expires_in=self.expires_in,
            interval=2,
        )

    def token(self, device_code):
        assert device_code == "d"
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def clock(self):
        return self.now

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now += seconds


TOKEN = wire.TokenAnswer(access_token="t", workshop="The shed")
PENDING = CommonsRefused("authorization_pending")


def grant(*answers, **options):
    client, shown = Grant(*answers, **options), []
    try:
        token = pair(client, "pi", show=lambda code: shown.append(code.user_code), clock=client.clock, wait=client.wait)
    except CommonsRefused as refused:
        token = str(refused)
    assert shown == ["BCDF-GHJK"]
    return token, client.waits


def test_pairing_polls_at_the_interval_until_the_owner_has_answered():
    assert grant(PENDING, PENDING, TOKEN) == (TOKEN, [2, 2, 2])


def test_slow_down_adds_five_seconds():
    assert grant(CommonsRefused("slow_down"), PENDING, TOKEN) == (TOKEN, [2, 7, 7])


def test_a_commons_that_is_away_is_asked_less_often():
    assert grant(CommonsUnreachable("no"), CommonsUnreachable("no"), TOKEN) == (TOKEN, [2, 4, 8])


def test_denied():
    assert "denied" in grant(PENDING, CommonsRefused("access_denied"))[0]


def test_expired_by_its_word_or_by_the_clock():
    assert "expired" in grant(CommonsRefused("expired_token"))[0]
    assert "expired" in grant(*[PENDING] * 5, expires_in=6)[0]


def test_any_other_refusal_is_passed_on():
    assert grant(CommonsRefused("teapot"))[0] == "teapot"


def test_who_pairs_with_a_wrong_address_is_told_so_in_plain_words():
    with pytest.raises(CommonsUnreachable) as error:
        pair(CommonsClient("http://127.0.0.1:1"), "pi", show=print)
    assert str(error.value) == (
        "cannot reach http://127.0.0.1:1: Failed to establish a new connection: Connection refused:"
        " is the address right, and does the site run?"
    )


class Elsewhere(CommonsClient):
    """Some other site."""

    def device(self, bridge_name):
        raise CommonsRefused("status 404 from /agent/v1/device")


def test_who_pairs_with_another_site_is_told_what_to_give():
    with pytest.raises(CommonsRefused, match=r"^what answers at http://127.0.0.1:1 pairs no bridges: give the address"):
        pair(Elsewhere("http://127.0.0.1:1"), "pi", show=print)
