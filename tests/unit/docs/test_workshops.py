"""What the workshops' page tells people to write and to type is what the bridge takes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from firmware_bridge.agent.settings import Settings
from firmware_bridge.cli import main
from firmware_bridge.machine import MachineProfile

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "workshops.md").read_text(encoding="utf-8")


def blocks(kind):
    """Fenced blocks without their indentation, each with the words before it."""
    found = re.findall(rf"^( *)```{kind}\n(.*?)^ *```$", TEXT, re.M | re.S)
    return [re.sub(rf"^{indent}", "", body, flags=re.M) for indent, body in found]


def test_every_table_is_one_the_bridge_takes(tmp_path):
    profiles = [block for block in blocks("toml") if "name =" in block]
    settings = [block for block in blocks("toml") if "name =" not in block]
    assert (len(profiles), len(settings)) == (5, 2)
    for profile in profiles:
        MachineProfile.parse(profile)
    # Both are of one file: an owner may write the one under the other.
    path = tmp_path / "bridge.toml"
    path.write_text("\n".join(reversed(settings)))
    said = Settings.load(path)
    assert (said.stop.gpio, said.listen) == ("gpiochip0:17", "0.0.0.0:8017")


def test_what_may_be_written_of_a_machine_is_said_with_its_defaults():
    (text,) = [block for block in blocks("toml") if "[arm_policy]" in block]
    written = MachineProfile.parse(text)
    nothing = MachineProfile(name="x")
    assert written.resume_limit_s == nothing.resume_limit_s
    assert written.link.link_loss_s == nothing.link.link_loss_s
    assert written.power.holding_share == nothing.power.holding_share


@pytest.mark.parametrize("line", sorted(set(re.findall(r"firmware-bridge ([a-z][^`\n#&]*)", TEXT))))
def test_every_command_and_option_there_is(line):
    words = line.split()
    command = main.get_command(click.Context(main), words[0])
    if isinstance(command, click.Group):
        command = command.commands[words[1]]
    assert command is not None, words[0]
    known = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_trial_without_a_machine_executes_every_line_once(tmp_path):
    # Each move takes 20 ms there, so that it is killed in the middle, on a quick host and on a slow one.
    (script,) = blocks("sh")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "FIRMWARE_BRIDGE_HOME": str(tmp_path / "home"),
    }
    done = subprocess.run(
        ["bash", "-m", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    program = (tmp_path / "part.gcode").read_text().splitlines()
    assert "killed" in done.stdout
    assert "this program was finished on this port: all its 402 lines; nothing was sent" in done.stdout, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "executed.jsonl").read_text().splitlines()]
    assert [row["line"] for row in rows if row.get("n") is not None] == program
