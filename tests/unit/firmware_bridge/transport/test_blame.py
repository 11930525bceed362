import contextlib
import os
import pty
import sys
from subprocess import PIPE, Popen

from firmware_bridge.transport.blame import GONE, STILL_THERE, UNDERVOLTAGE, holders, why_vanished


def sensor(root, number, name, alarm=None):
    folder = root / "sys/class/hwmon" / f"hwmon{number}"
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    if alarm is not None:
        (folder / "in0_lcrit_alarm").write_text(f"{alarm}\n")


def test_a_device_that_is_gone_is_told_from_one_that_is_there(tmp_path):
    assert why_vanished("/dev/ttyUSB0", tmp_path) == GONE
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/ttyUSB0").touch()
    assert why_vanished("/dev/ttyUSB0", tmp_path) == STILL_THERE
    folder = tmp_path / "dev"
    with contextlib.chdir(folder):
        assert why_vanished("ttyUSB0", tmp_path) == GONE
        (tmp_path / str(folder).lstrip("/")).mkdir(parents=True)
        (tmp_path / str(folder).lstrip("/") / "ttyUSB0").touch()
        assert why_vanished("ttyUSB0", tmp_path) == STILL_THERE


def test_undervoltage_comes_first_where_the_computer_reports_it(tmp_path):
    sensor(tmp_path, 0, "cpu_thermal")
    sensor(tmp_path, 1, "rpi_volt", 0)
    assert why_vanished("/dev/ttyUSB0", tmp_path) == GONE
    (tmp_path / "sys/class/hwmon/hwmon1/in0_lcrit_alarm").write_text("1\n")
    assert why_vanished("/dev/ttyUSB0", tmp_path) == UNDERVOLTAGE


def test_who_has_a_port_open_is_named_with_its_process_and_it_is_never_ourselves():
    far, near = pty.openpty()
    name = os.ttyname(near)
    assert holders(name) == []
    waits = "import sys; file = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with Popen([sys.executable, "-c", waits, name], stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout.readline() == b"open\n"
        (told,) = holders(name)
        assert told.startswith("python")
        assert told.endswith(f"(process {process.pid})")
        process.stdin.close()
    assert holders(name) == []
    os.close(far)
    os.close(near)


def test_a_process_that_may_not_be_looked_into_is_passed_over(tmp_path):
    (tmp_path / "proc/12").mkdir(parents=True)
    (tmp_path / "proc/13/fd").mkdir(parents=True)
    (tmp_path / "proc/13/fd/3").symlink_to("/dev/ttyUSB0")
    (tmp_path / "proc/13/comm").write_text("Cura\n")
    assert holders("/dev/ttyUSB0", tmp_path) == ["Cura (process 13)"]
