import ipaddress

import pytest

from firmware_bridge.agent.settings import Settings, Stop
from firmware_bridge.errors import UsageError


@pytest.fixture
def load(tmp_path):
    def load(text):
        (tmp_path / "bridge.toml").write_text(text)
        return Settings.load(tmp_path / "bridge.toml")

    return load


def test_without_a_file_the_page_is_for_this_computer_alone(tmp_path):
    settings = Settings.load(tmp_path / "bridge.toml")
    assert settings.address() == (ipaddress.ip_address("127.0.0.1"), 8017)
    assert settings.key == ""


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ('listen = "localhost:80"', ("127.0.0.1", 80)),
        ('listen = "[::1]:8017"', ("::1", 8017)),
        ('listen = "0.0.0.0:8017"\nkey = "a long secret"', ("0.0.0.0", 8017)),
        ('listen = "192.168.1.4:8017"\nkey = "a long secret"', ("192.168.1.4", 8017)),
    ],
)
def test_where_it_listens(load, text, address):
    host, port = load(text).address()
    assert (str(host), port) == address


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('listen = "0.0.0.0:8017"', "key"),
        ('listen = "192.168.1.4:8017"', "key"),
        ('listen = "[::]:8017"', "key"),
        ('listen = "0.0.0.0:8017"\nkey = "short"', "at least 8"),
        ('listen = "nowhere:8017"', "is no address"),
        ('listen = "127.0.0.1"', "is no address"),
        ('listen = "127.0.0.1:66000"', "is no address"),
        ('listen = "127.0.0.1:-1"', "is no address"),
        ("listen = 8017", "listen"),
        ('lisen = "127.0.0.1:8017"', "lisen"),
        ("listen", "bridge.toml"),
        ("power_budget_w = -1", "power_budget_w"),
        ('power_budget_w = "much"', "power_budget_w"),
        ("power_budge_w = 1000", "power_budge_w"),
        ('[stop]\ngpio = "17"', "gpio"),
        ('[stop]\nbutton = "gpiochip0:17"', "button"),
        ("power_budget_w = ", "Invalid value"),
    ],
)
def test_what_is_wrong_is_said(load, text, named):
    with pytest.raises(UsageError, match=named):
        load(text)


def test_no_page_at_all(load):
    assert load('listen = ""').listen == ""


def test_a_budget_and_a_stop_button(load):
    settings = load('power_budget_w = 1500\n[stop]\ngpio = "gpiochip0:17"\n')
    assert (settings.power_budget_w, settings.stop) == (1500.0, Stop(gpio="gpiochip0:17"))
