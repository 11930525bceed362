"""The shell around a virtual machine: who is at a link, and what is left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge.errors import UsageError
from firmware_bridge.virtual.process import virtual_printer
from firmware_bridge.virtual.pty import VirtualPort
from tests.waiting import until


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


SLEEPING = """
import signal, sys, threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
from firmware_bridge.cli import main
main(["virtual", "marlin", "--speed", "0", "--link", sys.argv[1]])
"""


def test_a_signal_that_interrupts_no_wait_is_heard_all_the_same(tmp_path):
    """As one that comes just before a wait: here another thread has it, and the one that waits sleeps on."""
    command = [sys.executable, "-c", SLEEPING, str(tmp_path / "printer")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().startswith(b"ready:")
        until(lambda: "State:\tS" in Path(f"/proc/{process.pid}/status").read_text(), "it waits")
        process.terminate()
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert not (tmp_path / "printer").is_symlink()
