"""Every attack is tried under confinement, where it must fail, and without, where it must not: else it proves nothing."""

import json
import os
import runpy
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fabrication.errors import JobKilled

ATTACKS = Path(__file__).parent / "attacks.py"
MARKS: dict[str, tuple[str, ...]] = runpy.run_path(str(ATTACKS))["MARKS"]

if os.uname().machine != "x86_64":
    pytest.skip("the attacks are numbered for x86_64", allow_module_level=True)


@pytest.mark.parametrize("name", MARKS)
def test_confined_it_fails(name, forge, port):
    world = {"attack": name, "outside": str(forge.outside), "sibling": str(forge.sibling), "port": port}
    fatal = False
    try:
        request = {"source": ATTACKS.read_text(), "world": world}
        result = forge.client.run("probe", request, {"lib/teeth.py": b"teeth = 8"})
    except JobKilled as error:
        assert "asked the system" in str(error)
        fatal = True
    else:
        assert "refused" in result.claim, result.claim
        assert not result.outputs.keys() & {"part.stl"}
    assert fatal == ("fatal" in MARKS[name])
    assert forge.outside.read_text() == "secret"
    assert [path.name for path in forge.outside.parent.iterdir()] == ["secret"]
    assert oct(forge.outside.stat().st_mode) == "0o100666"
    assert forge.outside.stat().st_mtime > 0
    assert forge.leftovers() == []


@pytest.mark.parametrize("name", MARKS)
def test_unconfined_it_comes_through(name, tmp_path, port):
    outside, job = tmp_path / "outside" / "secret", tmp_path / "job"
    for folder in (outside.parent, job):
        folder.mkdir()
    outside.write_text("secret")
    world = {"attack": name, "outside": str(outside), "sibling": str(outside), "port": port}
    if "root" in MARKS[name] and os.geteuid() != 0:
        pytest.skip("without walls it still needs root")
    ours, inherited = socket.socketpair()
    with ours, inherited:
        done = subprocess.run(
            [sys.executable, str(ATTACKS), json.dumps(world)],
            cwd=job,
            pass_fds=[inherited.fileno()],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    if "optional" in MARKS[name] and (done.returncode < 0 or "refused" in json.loads(done.stdout)):
        pytest.skip(f"this kernel does not offer it: {done.stdout or done.returncode}")
    assert "came_through" in json.loads(done.stdout), done.stdout + done.stderr
