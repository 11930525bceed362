import os
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from fabrication.errors import SlicerUnconfined
from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.confinement.walls import Walls
from fabrication.slicing.process import job

LIMITS = Limits(wall_s=20, cpu_s=10, memory=1 << 30, file=1 << 20)
PYTHON = [os.path.realpath(sys.executable), "-I", "-S", "-c"]
READABLE = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))


def run(script, limits=LIMITS, **options):
    """Python stands in for the slicer here: it can be told what to try."""
    with job("test") as folder:
        return folder.run([*PYTHON, script], limits, readable=READABLE, **options)


def test_nothing_of_our_environment_and_its_own_home(monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    with job("test") as folder:
        said = folder.run([*PYTHON, "import os; print(dict(os.environ), os.getcwd())"], LIMITS, readable=READABLE).log
        assert said.strip() == f"{ {'HOME': str(folder.folder), 'TMPDIR': str(folder.folder), 'LC_ALL': 'C'} } {folder.folder}"  # fmt: skip


ATTACKS = {
    "read the passwd file": "open('/etc/passwd')",
    "list the root folder": "import os; os.listdir('/')",
    "read the interpreter's parent": "import os; open(f'/proc/{os.getppid()}/environ')",
    "write elsewhere": "open('/tmp/slicer-was-here', 'w').close(); import os; os.remove('/tmp/slicer-was-here')",
    "run another program": "import os; os.posix_spawn('/bin/true', ['true'], {}) and None",
    "become another program": "import os; os.execv('/bin/true', ['true'])",
    "fork": "import os; os.fork() or os._exit(0)",
    "open a socket": "import socket; socket.socket()",
    "open a local socket": "import socket; socket.socket(socket.AF_UNIX)",
    "make a memory file": "import os; os.memfd_create('x')",
    "make a link": "import os; os.symlink('/etc/passwd', 'link')",
    "make a folder": "import os; os.mkdir('folder')",
    "make a pipe": "import os; os.mkfifo('pipe')",
    "open its bait": "open('../bait', 'a')",
    "raise a limit": "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, r.getrlimit(r.RLIMIT_NOFILE))",
    "change its mode": "open('x', 'w').close(); import os; os.chmod('x', 0o777)",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_what_the_slicer_may_not_do(attack, tmp_path):
    for capped in (None, 2):  # the machine's own Landlock, and Debian 12's
        finished = run(
            f"try:\n  {attack}\nexcept (OSError, ValueError): print('refused')", walls=Walls(landlock_abi_max=capped)
        )
        assert (finished.code, finished.log) == (0, "refused\n")
    inside = tmp_path / "job"
    inside.mkdir()
    (tmp_path / "bait").touch()
    subprocess.run([*PYTHON, attack], check=True, cwd=inside)


def test_it_is_nobody_and_dies_with_us():
    said = run("import os; print(os.getresuid(), os.getgroups())").log.strip()
    if os.geteuid() == 0:
        assert "0" not in said.replace("(", "").replace(")", "").replace(",", "").split()
        assert said.endswith("[]")
    else:
        assert said.startswith(f"({os.geteuid()}, ")


@pytest.mark.parametrize("walls", [Walls(seccomp=False), Walls(landlock_abi_max=0)])
def test_without_a_wall_it_is_not_run(walls):
    with pytest.raises(SlicerUnconfined, match="canary: it could"):
        run("open('was-run', 'w')", walls=walls)


def test_limits_hold():
    names = ("RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_CORE", "RLIMIT_NOFILE")
    said = run(f"import resource as r; print([r.getrlimit(getattr(r, n))[0] for n in {names}])").log
    assert said.strip() == "[10, 1048576, 0, 64]"


def test_processor_time_ends_a_loop():
    finished = run("while True: pass", Limits(wall_s=20, cpu_s=1))
    assert finished.signal in {signal.SIGXCPU, signal.SIGKILL}
    assert not finished.timed_out


def test_file_size_ends_a_flood():
    script = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python itself ignores it\nf = open('flood', 'wb')\nwhile True: f.write(bytes(99999))"
    assert run(script, LIMITS).signal == signal.SIGXFSZ


def test_the_deadline_ends_it():
    finished = run("import signal\nwhile True: signal.pause()", Limits(wall_s=1.0))
    assert finished.timed_out
    assert finished.signal == signal.SIGKILL


def test_it_puts_its_file_in_place_and_the_folder_goes():
    with job("test") as folder:
        folder.write("in", b"given")
        script = "import os; open('a.tmp', 'w').write(open('in').read()); os.rename('a.tmp', 'a'); os.remove('in'); raise SystemExit(3)"
        assert folder.run([*PYTHON, script], LIMITS, readable=READABLE).code == 3
        assert folder.read("a", 10) == b"given"
        assert folder.read("a", 2) is None
    assert not folder.folder.exists()
    assert not folder.folder.parent.exists()


def test_what_it_placed_for_us_is_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    with job("test") as folder:
        (folder.folder / "link").symlink_to(secret)
        os.mkfifo(folder.folder / "pipe")
        (folder.folder / "dir").mkdir()
        for name in ("link", "pipe", "dir", "missing"):
            assert folder.read(name, 1 << 20) is None


def test_a_program_that_is_not_there_is_said_so():
    with job("test") as folder, pytest.raises(SlicerUnconfined, match="No such file"):
        folder.run([str(Path(folder.folder) / "missing")], LIMITS)
