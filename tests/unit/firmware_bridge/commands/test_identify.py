"""`firmware-bridge identify`: what it refuses before any machine is asked; the rest is shown over a pty."""

from click.testing import CliRunner

from firmware_bridge.commands.identify import command
from firmware_bridge.errors import UsageError


def test_a_folder_that_is_not_there_is_told_before_the_machine_is_asked(tmp_path):
    output = tmp_path / "nowhere" / "ender.toml"
    port = str(tmp_path / "no port at all")
    done = CliRunner().invoke(command, ["--port", port, "-o", str(output), "--home", str(tmp_path)])
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == f"there is no folder {output.parent} to write ender.toml to: make it first"
