"""The set-up script where it may not install, and where everything is there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[3] / "scripts" / "setup.py"
NOBODY = 65534


@pytest.fixture
def bare_debian(tmp_path):
    """A machine as `dpkg-query` would describe one where nothing of ours is installed."""
    tmp_path.chmod(0o755)
    query = tmp_path / "dpkg-query"
    query.write_text("#!/bin/sh\nprintf not-installed\n")
    query.chmod(0o755)
    script = tmp_path / "setup.py"
    script.write_text(SETUP.read_text())
    return tmp_path


def run(script: Path, purpose: str, path: str, user: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/usr/bin/python3", str(script), purpose], env={"PATH": path}, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False, cwd="/", **({"user": user, "group": user, "extra_groups": []} if user else {}),
    )  # fmt: skip


def test_where_it_may_not_install_it_prints_the_one_line_and_exits_2(bare_debian):
    user = NOBODY if os.geteuid() == 0 else None
    open_path = Path("/tmp") / f"commons-setup-{os.getpid()}"
    bare_debian.rename(open_path)  # pytest's own folder is private to root
    try:
        done = run(open_path / "setup.py", "run", f"{open_path}:/usr/bin:/bin", user)
    finally:
        open_path.rename(bare_debian)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "run as root: apt-get update && apt-get install -y --no-install-recommends" in line
    assert "prusa-slicer" in line
    assert "postgresql" not in line
    assert "setup: installing prusa-slicer: slices parts for 3D printers" in done.stdout


@pytest.fixture
def whole_debian():
    """One with every package, and an environment whose tools only say that they did it."""
    root = Path("/tmp") / f"commons-whole-{os.getpid()}"  # pytest's own folder is private to root
    for name, text in {
        "bin/dpkg-query": "printf installed", ".venv/bin/python": "exit 0", ".venv/bin/uv": "exit 0",
    }.items():  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"#!/bin/sh\n{text}\n")
        (root / name).chmod(0o755)
    (root / "scripts").mkdir()
    for name in ("scripts/setup.py", "uv.lock", "pyproject.toml"):
        shutil.copy(SETUP.parents[1] / name, root / name)
    yield root
    shutil.rmtree(root)


def test_at_its_end_it_says_once_what_can_be_done_now(whole_debian):
    script, path = whole_debian / "scripts" / "setup.py", f"{whole_debian / 'bin'}:/usr/bin:/bin"
    first, again = run(script, "test", path), run(script, "test", path)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines()[-1].startswith("setup: all is there: `make run` starts the commons, `make test` ")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_on_another_system_it_says_what_is_needed(tmp_path):
    done = run(SETUP, "run", str(tmp_path))
    assert done.returncode == 2
    assert "no Debian" in done.stderr


def test_the_second_time_it_says_nothing_and_needs_no_network():
    if not (SETUP.parents[1] / ".venv" / ".synced").is_file():
        pytest.fail("the environment was not made by scripts/setup.py: run `make setup`")
    done = run(SETUP, "test", "/usr/bin:/bin")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
