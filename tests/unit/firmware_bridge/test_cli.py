from importlib.metadata import version

from click.testing import CliRunner

from firmware_bridge.cli import main


def test_it_says_its_version():
    said = CliRunner().invoke(main, ["--version"], prog_name="firmware-bridge")
    assert (said.exit_code, said.output) == (0, f"firmware-bridge {version('fabrication-commons')}\n")
