"""The bridge's installation, really made below a folder, and the service it brings."""

import configparser
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from firmware_bridge.agent.agent import SWITCH_OFF_WITHIN_S
from firmware_bridge.agent.runs.process import STOP_WITHIN_S
from firmware_bridge.agent.runs.runner import LOCK_WITHIN_S

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts" / "install-bridge.sh"
UNIT = ROOT / "firmware_bridge" / "systemd" / "firmware-bridge.service"
NOBODY = 65534


def run(*words, **more):
    return subprocess.run(["sh", str(SCRIPT), *words], capture_output=True, text=True, check=False, timeout=300, **more)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    done = run("--root", str(root))
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return root, done.stdout


def test_the_bridge_alone_is_installed_and_works(installed):
    root, said = installed
    python = root / "opt/firmware-bridge/bin/python"
    heavy = (
        "import importlib.util as u; print([n for n in ('flask', 'sqlalchemy', 'cadquery', 'numpy') if u.find_spec(n)])"
    )
    assert subprocess.run([python, "-c", heavy], capture_output=True, text=True, check=True).stdout == "[]\n"
    shown = subprocess.run([python.with_name("firmware-bridge"), "--help"], capture_output=True, text=True, check=True)
    assert "pair" in shown.stdout
    page = "from firmware_bridge.agent.page import views; print(views.login('t', ''))"
    assert "<form" in subprocess.run([python, "-c", page], capture_output=True, text=True, check=True).stdout
    for told in ("making the environment", "writing the command", "no user to make and no service to enable"):
        assert told in said


def test_what_lies_where(installed):
    root, _ = installed
    assert (root / "etc/systemd/system/firmware-bridge.service").read_text() == UNIT.read_text()
    command = root / "usr/local/bin/firmware-bridge"
    assert command.stat().st_mode & 0o777 == 0o755
    assert "FIRMWARE_BRIDGE_HOME=/var/lib/firmware-bridge" in command.read_text()
    assert stat.S_IMODE((root / "var/lib/firmware-bridge").stat().st_mode) == 0o700
    assert subprocess.run(["sh", "-n", command], check=False).returncode == 0


def test_run_again_it_keeps_what_is_the_owners_and_removed_too(installed):
    root, _ = installed
    profile = root / "var/lib/firmware-bridge/machines/ender.toml"
    profile.write_text('name = "Ender"\n')
    assert run("--root", str(root)).returncode == 0
    assert profile.read_text() == 'name = "Ender"\n'
    assert run("--root", str(root), "--remove").returncode == 0
    assert profile.exists()
    gone = ("opt/firmware-bridge", "usr/local/bin/firmware-bridge", "etc/systemd/system/firmware-bridge.service")
    assert not [path for path in gone if (root / path).exists()]


def test_without_rights_it_says_what_to_type_and_changes_nothing():
    script = SCRIPT.read_text()
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(["sh", "-s"], input=script, capture_output=True, text=True, check=False, cwd="/", **user)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "run it as root: sudo sh" in done.stderr


def test_an_unknown_option_is_an_error():
    done = run("--frm", "x")
    assert done.returncode == 2
    assert "--frm" in done.stderr


def test_the_service_says_what_the_bridge_relies_on():
    """A unit may name a setting twice; of those looked at here only the devices are."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(UNIT)
    service = unit["Service"]
    assert service["ExecStart"] == "/opt/firmware-bridge/bin/firmware-bridge run"
    assert "FIRMWARE_BRIDGE_HOME=/var/lib/firmware-bridge" in service["Environment"]
    assert (service["KillMode"], service["Restart"]) == ("mixed", "always")
    assert float(service["TimeoutStopSec"]) > max(STOP_WITHIN_S + LOCK_WITHIN_S, SWITCH_OFF_WITHIN_S)
    for hardening in ("NoNewPrivileges", "ProtectHome", "PrivateTmp"):
        assert service[hardening] == "yes"
    assert service["ProtectSystem"] == "strict"
    devices = [line for line in UNIT.read_text().splitlines() if line.startswith("DeviceAllow=")]
    assert {device.split("=")[1].split()[0] for device in devices} == {
        "char-ttyUSB", "char-ttyACM", "char-ttyAMA", "char-ttyS", "char-gpiochip"
    }  # fmt: skip


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here to ask")
def test_systemd_understands_the_service(installed, tmp_path):
    program = tmp_path / "firmware-bridge"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "firmware-bridge.service"
    unit.write_text(UNIT.read_text().replace("/opt/firmware-bridge/bin/firmware-bridge", str(program)))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=25", str(unit)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_the_shell_is_sound():
    done = subprocess.run(["shellcheck", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
