"""A zygote that has grown is replaced beside its work, and bubblewrap stands around it where it works."""

import os
import shutil
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fabrication.errors import ForgeError
from fabrication.geometry import protocol

ANSWER = {"source": "def probe(world): return {'answer': world}", "world": {}}
GROWS = """
import os, signal, threading
hoard = []
def grow(*_): hoard.append(bytearray(os.urandom(1 << 20)) * 64)
signal.signal(signal.SIGUSR1, grow)
"""


def until(holds, within_s=30.0):
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_no_request_fails_while_zygotes_come_and_go(running_forge):
    with running_forge("--zygote-forks-max", "5") as forge:

        def ask(number):
            body = f"def probe(world):\n import time\n time.sleep({number % 3} / 20)\n return {{'answer': world}}"
            return forge.client.run("probe", {"source": body, "world": number}, {}).claim["answer"]

        with ThreadPoolExecutor(4) as pool:
            rounds = 0
            while forge.client.health().zygotes_started < 5:
                assert list(pool.map(ask, range(12))) == list(range(12))
                rounds += 1
                assert rounds < 100, "no zygote was replaced"
        until(lambda: len(forge.zygotes()) == 1)
        assert forge.leftovers() == []


def test_a_zygote_that_grew_gives_way_when_its_last_child_has_ended(running_forge):
    with running_forge(kinds=GROWS) as forge:
        old, before = forge.zygote, forge.client.health()
        assert before.zygote_bytes > 1 << 20
        slow = "def probe(world):\n import time\n time.sleep(6)\n return {'answer': 1}"
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(forge.client.run, "probe", {"source": slow, "world": {}}, {})
            until(lambda: len(forge.jobs_alive()) == 1)
            os.kill(old, signal.SIGUSR1)
            forge.client.run("probe", ANSWER, {})  # its end tells what the zygote holds
            until(lambda: forge.client.health().zygotes_started == 2 and forge.client.health().zygote_forks == 1)
            assert alive(old)
            assert forge.client.run("probe", ANSWER, {}).claim == {"answer": {}}
            assert answer.result(20).claim == {"answer": 1}
        until(lambda: not alive(old))
        after = forge.client.health()
        assert after.ready
        assert after.zygote_forks == 2
        assert abs(after.zygote_bytes - before.zygote_bytes) < before.zygote_bytes // 4


def test_a_zygote_whose_successor_does_not_hold_stays(running_forge, tmp_path):
    with running_forge(
        "--zygote-forks-max", "3", kinds=f"import pathlib\nassert not pathlib.Path({str(tmp_path / 'x')!r}).exists()"
    ) as forge:
        (tmp_path / "x").touch()
        tmp_path.chmod(0o755)
        old = forge.zygote
        for _ in range(4):
            forge.client.run("probe", ANSWER, {})
        until(lambda: forge.client.health().zygotes_started == 2)
        until(lambda: forge.zygotes() == [old])
        assert forge.client.run("probe", ANSWER, {}).claim == {"answer": {}}
        assert forge.client.health().ready


@pytest.fixture(scope="module")
def walled(running_forge):
    """A forge with bubblewrap around its zygote, or a skip where that does not work."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    with running_forge(outer_wall=True) as forge:
        words = forge.client.health().outer_wall
        if words.startswith("none"):
            pytest.skip(words)
        yield forge


LOOK = """
def probe(world):
    import os
    from pathlib import Path
    return {"homes": Path("/home").exists(), "commons": Path(world["outside"]).exists(),
            "parent": os.getppid(), "processes": [n for n in range(2, 60) if Path(f"/proc/{n}/stat").exists()],
            "interfaces": Path("/sys/class/net").exists()}
"""


def test_behind_the_outer_wall_there_is_little_to_be_seen(walled):
    found = walled.client.run("probe", {"source": LOOK, "world": {"outside": str(walled.outside)}}, {}).claim
    # `stat` is what Landlock cannot forbid; here there is nothing to be found with it.
    assert not found["homes"]
    assert not found["commons"]
    assert not found["interfaces"]
    assert len(found["processes"]) <= 3


def test_behind_the_outer_wall_every_canary_still_shows_the_inner_ones(walled):
    health = walled.client.health()
    assert health.ready
    assert health.outer_wall.startswith("bubblewrap")
    assert len(health.proof.canaries) >= 13


def test_every_kind_of_job_loads_behind_the_outer_wall(walled, running_forge):
    with running_forge(kinds="KINDS |= OURS", outer_wall=True) as forge:
        health = forge.client.health()
        assert health.outer_wall == walled.client.health().outer_wall
        assert health.unavailable_kinds == {}
        assert health.zygotes_started == 1


LATE = """
def probe(world):
    import os, sys
    import msgspec.toml
    return {path: len(os.listdir(path)) for path in sys.path if path.endswith(("-packages", "-dynload"))}
"""


def test_behind_the_outer_wall_a_script_can_import_as_before_it(walled, running_forge):
    request = {"source": LATE, "world": {}}
    behind = walled.client.run("probe", request, {}).claim
    with running_forge() as forge:
        assert forge.client.run("probe", request, {}).claim == behind
    assert len(behind) >= 2


def test_the_zygote_behind_it_can_do_no_more_than_change_uids(walled):
    (pid,) = walled.zygotes()
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    setgid_setuid = 1 << 6 | 1 << 7  # capability.h
    assert int(status["CapEff"], 16) == (setgid_setuid if os.geteuid() == 0 else 0)
    assert status["NoNewPrivs"] == "1"  # nor can it gain any
    for namespace in ("net", "pid", "ipc", "uts", "mnt"):
        assert Path(f"/proc/{pid}/ns/{namespace}").readlink() != Path(f"/proc/self/ns/{namespace}").readlink()


def test_behind_it_a_killed_supervisor_takes_everything_along(running_forge):
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    with running_forge(outer_wall=True) as forge:
        if forge.client.health().outer_wall.startswith("none"):
            pytest.skip(forge.client.health().outer_wall)
        sleep = {"source": "def probe(world):\n import time\n time.sleep(15)\n return {}", "world": {}}
        errors = []

        def ask():
            try:
                forge.client.run("probe", sleep, {})
            except ForgeError as error:
                errors.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        until(lambda: len(forge.jobs_alive()) == 1)
        pids = [*forge.jobs_alive(), *forge.zygotes()]
        os.kill(forge.pid, signal.SIGKILL)
        until(lambda: not any(alive(pid) for pid in pids), 5)
        thread.join(5)
        assert len(errors) == 1


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (None, "none: bubblewrap is not installed"),
        ('#!/bin/sh\ntest "$1" = --version && echo bubblewrap 9 || exit 1\n', "none: bubblewrap 9 was tried, but"),
    ],
)
def test_where_bubblewrap_does_not_work_the_forge_does_without_and_says_so(
    program, says, running_forge, monkeypatch, tmp_path
):
    if program:
        (tmp_path / "bwrap").write_text(program)
        (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with running_forge(outer_wall=True) as forge:
        health = forge.client.health()
        assert health.outer_wall.startswith(says)
        assert health.ready
        assert health.zygotes_started == (2 if program else 1)
        assert forge.client.run("probe", ANSWER, {}).claim == {"answer": {}}


def test_health_counts(running_forge):
    with running_forge() as forge:
        before = forge.client.health()
        assert (before.zygotes_started, before.zygote_forks) == (1, 1)
        forge.client.run("probe", ANSWER, {})
        assert forge.client.health().zygote_forks == 2
        assert protocol.parse_reply(b"".join(protocol.frame(forge.client.health())[1:])) == forge.client.health()
