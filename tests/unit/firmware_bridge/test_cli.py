from importlib.metadata import version

from click.testing import CliRunner

from firmware_bridge.cli import main


def test_it_says_its_version():
    said = CliRunner().invoke(main, ["--version"], prog_name="firmware-bridge")
    assert (said.exit_code, said.output) == (0, f"firmware-bridge {version('fabrication-commons')}\n")


def test_its_help_says_its_exit_codes_and_they_are_so(tmp_path):
    said = " ".join(CliRunner().invoke(main, ["--help"]).output.split())
    assert said.endswith(
        "Exit codes: 0, done; 2, called wrongly; 1, anything else: a file that is refused, a profile or port that cannot"
        " be used, a machine that failed."
    )
    program, profile = tmp_path / "part.gcode", tmp_path / "wrong.toml"
    program.write_text("G28\n")
    profile.write_text("name = 1\n")
    refused = tmp_path / "refused.gcode"
    refused.write_text("M500\n")
    port = str(tmp_path / "nothing")
    for code, command in (
        (0, ["check", str(program)]),
        (1, ["check", str(refused)]),
        (1, ["check", str(program), "--machine", str(profile)]),
        (1, ["stream", str(program), "--firmware", "marlin", "--port", port, "--home", str(tmp_path / "home")]),
        (2, ["check", str(program), "--machine", port]),
        (2, ["stream", str(program)]),
    ):
        assert CliRunner().invoke(main, command).exit_code == code, command
