import pytest

from firmware_bridge.agent.settings import Settings, Stop
from firmware_bridge.errors import UsageError


def test_without_a_file_everything_is_as_it_always_was(tmp_path):
    assert Settings.load(tmp_path / "bridge.toml") == Settings()


def test_what_it_says_holds(tmp_path):
    path = tmp_path / "bridge.toml"
    path.write_text('power_budget_w = 1500\n[stop]\ngpio = "gpiochip0:17"\n')
    assert Settings.load(path) == Settings(power_budget_w=1500.0, stop=Stop(gpio="gpiochip0:17"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("power_budget_w = -1", "power_budget_w"),
        ('power_budget_w = "much"', "power_budget_w"),
        ("power_budge_w = 1000", "power_budge_w"),
        ('[stop]\ngpio = "17"', "gpio"),
        ('[stop]\nbutton = "gpiochip0:17"', "button"),
        ("power_budget_w = ", "Invalid value"),
    ],
)
def test_what_is_wrong_in_it_is_named(tmp_path, text, named):
    path = tmp_path / "bridge.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=named):
        Settings.load(path)
