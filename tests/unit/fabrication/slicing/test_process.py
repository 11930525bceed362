import os
import signal
import time
from pathlib import Path

import pytest

from fabrication.slicing.process import Limits, job

LIMITS = Limits(wall_s=20, cpu_s=10, memory_bytes=1 << 30, file_bytes=1 << 20)
SHELL = ("/bin/sh", "-c")


def run(script, limits=LIMITS):
    with job("test") as folder:
        return folder.run([*SHELL, script], limits)


def test_nothing_of_our_environment_and_its_own_home(monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    with job("test") as folder:
        said = folder.run([*SHELL, "env; pwd"], LIMITS).log
        lines = {line.split("=")[0]: line for line in said.splitlines()}
        assert "hunter2" not in said
        assert lines.keys() - {str(folder.folder)} <= {"HOME", "TMPDIR", "LC_ALL", "PWD", "OLDPWD", "_", "SHLVL"}
        assert lines["HOME"] == f"HOME={folder.folder}"


def test_no_new_privileges_and_no_capabilities():
    status = dict(line.split(":\t", 1) for line in run("cat /proc/self/status").log.splitlines() if ":\t" in line)
    assert status["NoNewPrivs"] == "1"
    if os.geteuid() == 0:
        assert status["CapEff"] == status["CapBnd"] == "0" * 16
        assert "0" not in status["Uid"].split()
        assert "0" not in status["Gid"].split()
        assert status["Groups"].strip() in {"", status["Gid"].split()[0]}


def test_limits_hold():
    said = run("ulimit -v; ulimit -t; ulimit -f; ulimit -c").log.split()
    # -f counts blocks of 512 bytes.
    assert said == [str((1 << 30) // 1024), "10", str((1 << 20) // 512), "0"]


def test_processor_time_ends_a_loop():
    finished = run("while :; do :; done", Limits(wall_s=20, cpu_s=1, memory_bytes=1 << 30, file_bytes=1 << 20))
    assert finished.signal in {signal.SIGXCPU, signal.SIGKILL}
    assert not finished.timed_out


def test_file_size_ends_a_flood():
    assert run("exec cat /dev/zero > flood").signal == signal.SIGXFSZ


def test_the_deadline_ends_the_whole_session():
    began = time.monotonic()
    limits = Limits(wall_s=0.5, cpu_s=10, memory_bytes=1 << 30, file_bytes=1 << 20)
    finished = run("sleep 60 & echo $!; wait", limits)
    assert finished.timed_out
    assert time.monotonic() - began < 10
    child = Path(f"/proc/{int(finished.log)}/stat")
    deadline = time.monotonic() + 5
    while child.exists() and child.read_text().rsplit(")", 1)[1].split()[0] != "Z":
        assert time.monotonic() < deadline, "the grandchild lives on"


def test_the_folder_goes_even_when_the_program_fails():
    with job("test") as folder:
        folder.write("in", b"x")
        assert folder.run([*SHELL, "mkdir -p a/b; touch a/b/c; exit 3"], LIMITS).code == 3
    assert not folder.folder.exists()


def test_inputs_cannot_be_changed_and_links_are_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    with job("test") as folder:
        folder.write("in", b"given")
        folder.run([*SHELL, f"ln -s {secret} link; mkfifo pipe; echo ok > out; mkdir dir"], LIMITS)
        assert folder.read("out", 10) == b"ok\n"
        assert folder.read("out", 2) is None
        for name in ("link", "pipe", "dir", "missing"):
            assert folder.read(name, 1 << 20) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives each job a user of its own")
def test_as_root_it_cannot_write_elsewhere(tmp_path):
    tmp_path.chmod(0o700)
    assert run(f"touch {tmp_path}/x").code != 0
    assert list(tmp_path.iterdir()) == []
