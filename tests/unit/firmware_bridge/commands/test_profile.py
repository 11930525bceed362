import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware_bridge.cli import main
from firmware_bridge.commands.profile import profile_file
from firmware_bridge.errors import UsageError

SMALL = 'name = "Small"\n[volume]\nx_mm = 50.0\n[link]\nport = "/dev/no-such-port"\n'


@pytest.fixture
def machines(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRMWARE_BRIDGE_HOME", str(tmp_path / "home"))
    machines = tmp_path / "home" / "machines"
    machines.mkdir(parents=True)
    (machines / "ender.toml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    return machines


def test_a_bare_name_is_that_of_a_machine_of_the_home(machines, tmp_path):
    assert profile_file(Path("ender")) == machines / "ender.toml"
    assert profile_file(Path("ender"), tmp_path / "home") == machines / "ender.toml"
    (tmp_path / "ender").mkdir()
    assert profile_file(Path("ender")) == machines / "ender.toml"


def test_a_file_that_is_there_comes_first(machines, tmp_path):
    (tmp_path / "ender").write_text(SMALL)
    assert profile_file(Path("ender")) == Path("ender")


def test_a_port_of_that_name_is_no_profile_and_is_not_read(machines, tmp_path):
    host_side, line = os.openpty()
    try:
        (tmp_path / "ender").symlink_to(os.ttyname(line))
        (tmp_path / "router").symlink_to(os.ttyname(line))
        assert profile_file(Path("ender")) == machines / "ender.toml"
        with pytest.raises(UsageError, match="no machine of that name"):
            profile_file(Path("router"))
    finally:
        os.close(line)
        os.close(host_side)


@pytest.mark.parametrize("given", ["prusa", "ender.toml", "machines/ender", "/nowhere/ender"])
def test_anything_else_is_neither_and_what_there_is_is_named(machines, given):
    with pytest.raises(UsageError) as error:
        profile_file(Path(given))
    assert str(error.value) == f"there is no file {given} and no machine of that name; those of {machines}: ender"


def test_where_nobody_may_look_the_reason_is_told(machines):
    long = "a" * 300  # refused to root too, whom no folder is closed to
    with pytest.raises(UsageError) as error:
        profile_file(Path(long))
    assert str(error.value) == f"cannot look for the profile {long}: File name too long"


def test_check_and_stream_take_it(machines, tmp_path):
    (tmp_path / "job.gcode").write_text("G28\nG90\nG1 X60 F600\n")
    for command in ("check", "stream"):
        done = CliRunner().invoke(main, [command, "job.gcode", "--machine", "ender"])
        assert done.exit_code == 1
        assert "X60" in done.output
        done = CliRunner().invoke(main, [command, "job.gcode", "--machine", "prusa"])
        assert done.exit_code == 2
        assert "no file prusa and no machine of that name" in done.output
