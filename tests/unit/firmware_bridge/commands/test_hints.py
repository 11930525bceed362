from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware_bridge.cli import main
from firmware_bridge.commands.hints import at_home


@pytest.mark.parametrize(
    ("home", "said"),
    [
        (None, "the bed: firmware-bridge clear ender"),
        (Path("/srv/bridge"), "the bed: firmware-bridge clear --home /srv/bridge ender"),
        (Path("/srv/my bridge"), "the bed: firmware-bridge clear --home '/srv/my bridge' ender"),
    ],
)
def test_a_hint_names_the_home_that_was_given(home, said):
    assert at_home("the bed: firmware-bridge clear ender", home) == said


@pytest.mark.parametrize("command", [["status"], ["arm"], ["stop"], ["clear", "ender"], ["resume", "ender"]])
def test_so_does_an_error(tmp_path, command):
    done = CliRunner().invoke(main, [*command, "--home", str(tmp_path)])
    assert done.exit_code == 1
    assert f"no bridge is running in {tmp_path}: start it with firmware-bridge run --home {tmp_path}" in done.output
    assert ("firmware-bridge stream sends is stopped by Ctrl-C" in done.output) is (command == ["stop"])
