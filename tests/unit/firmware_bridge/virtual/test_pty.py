"""The shell around a virtual machine: who is at a link, and what is left behind."""

import os
import signal

import pytest

from firmware_bridge.errors import UsageError
from firmware_bridge.virtual.process import virtual_printer
from firmware_bridge.virtual.pty import VirtualPort


def test_a_link_has_one_machine_and_the_first_keeps_it(tmp_path):
    link = tmp_path / "printer"
    first = VirtualPort(link)
    target = link.readlink()
    with pytest.raises(UsageError, match="another virtual machine is at"):
        VirtualPort(link)
    assert link.readlink() == target
    first.close()
    assert not link.is_symlink()
    VirtualPort(link).close()


def test_what_is_no_link_stays_and_is_told_of(tmp_path):
    (tmp_path / "file").write_text("kept")
    with pytest.raises(UsageError) as folder:
        VirtualPort(tmp_path)
    assert str(folder.value) == f"{tmp_path} is a folder: give --link a name in it, where nothing is yet"
    with pytest.raises(UsageError) as file:
        VirtualPort(tmp_path / "file")
    assert str(file.value) == f"{tmp_path / 'file'} is a file: give --link another name, where nothing is yet"
    assert (tmp_path / "file").read_text() == "kept"


def test_what_a_killed_one_left_behind_is_taken_over(tmp_path):
    link = tmp_path / "printer"
    with virtual_printer(link) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert link.is_symlink()
        VirtualPort(link).close()
    assert not link.is_symlink()
