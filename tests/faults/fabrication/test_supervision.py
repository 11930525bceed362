"""The supervisor's own part: it fails closed, leaks nothing, and outlives what it watches, not the other way round."""

import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from fabrication.errors import ConfinementUnavailable, ForgeError, ForgeUnavailable, JobKilled
from fabrication.geometry import protocol
from fabrication.geometry.client import Limits
from fabrication.geometry.confinement import landlock
from fabrication.geometry.protocol import RunRequest

SLEEP = "def probe(world):\n import time\n time.sleep(world['s'])\n return {}"
ANSWER = {"source": "def probe(world): return {'answer': 42}", "world": {}}


def until(holds, within_s=15.0):
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--landlock-abi-max", "0"), "it could open the passwd file"),
        (("--without-seccomp",), "it could open a socket|it could open a local socket"),
        (("--landlock-abi-max", "0", "--without-seccomp"), "it could open the passwd file"),
    ],
)
def test_a_missing_wall_refuses_every_job(options, reason, running_forge):
    with running_forge(*options) as forge:
        health = forge.client.health()
        assert not health.ready
        assert health.proof is None
        with pytest.raises(ConfinementUnavailable, match=reason):
            forge.client.run("probe", ANSWER, {})
        assert forge.leftovers() == []


PATCH = "from fabrication.geometry.confinement import canaries, landlock, limits, linux, walls\nimport os\n"
MISSING = {
    "no_new_privs cannot be set": (
        "real = linux.prctl\n"
        "def prctl(option, value):\n"
        "    if option == linux.PR_SET_NO_NEW_PRIVS: raise OSError(22, 'no_new_privs is not known')\n"
        "    real(option, value)\n"
        "linux.prctl = prctl",
        "no_new_privs is not known",
    ),
    "no_new_privs is only pretended": (
        "real = linux.prctl\n"
        "linux.prctl = lambda option, value: None if option == linux.PR_SET_NO_NEW_PRIVS else real(option, value)",
        "landlock_restrict_self: Operation not permitted",
    ),
    "seccomp is not compiled in": (
        "def install_filter(program): raise OSError(38, 'seccomp: Function not implemented')\n"
        "linux.install_filter = install_filter",
        "seccomp: Function not implemented",
    ),
    "the filter is only pretended": ("linux.install_filter = lambda program: None", "canary: it could open a socket"),
    "Landlock is switched off at boot": ("landlock.kernel_abi = lambda: 0", "canary: it could open the passwd file"),
    "Landlock takes no rule": (
        "real = linux.syscall\n"
        "def syscall(name, *arguments):\n"
        "    if name == 'landlock_add_rule': raise OSError(22, 'no such rule')\n"
        "    return real(name, *arguments)\n"
        "linux.syscall = syscall",
        "no such rule",
    ),
    "Landlock is only pretended": ("landlock.restrict = lambda *_, **__: None", "it could open the passwd file"),
    "limits cannot be set": (
        "def apply(*_, **__): raise ValueError('not allowed to raise maximum limit')\nlimits.apply = apply",
        "not allowed to raise",
    ),
    "a machine nobody listed": (
        "real = os.uname\nos.uname = lambda: os.uname_result((*real()[:4], 'vax'))",
        "'vax'",
    ),
    "a canary flies": (
        "real = canaries._acts\ncanaries._acts = lambda *given: {'fly': lambda: None, **real(*given)}",
        "canary: it could fly",
    ),
}


@pytest.mark.parametrize("what", MISSING)
def test_a_kernel_that_lacks_something_refuses_every_job(what, running_forge):
    patch, reason = MISSING[what]
    with running_forge(kinds=PATCH + patch) as forge:
        health = forge.client.health()
        assert not health.ready
        assert reason in health.reason
        with pytest.raises(ConfinementUnavailable, match="refused: confinement unavailable") as refused:
            forge.client.run("probe", ANSWER, {})
        assert reason in str(refused.value)
        assert refused.value.log == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a uid to give up")
@pytest.mark.parametrize("call", ["setresuid", "setresgid", "setgroups"])
def test_root_that_cannot_be_given_up_refuses_every_job(call, running_forge):
    # As in a container whose other uids are not mapped.
    patch = f"import os\nos.setgroups([0])\nos.{call} = lambda *_: None"
    with running_forge(kinds=patch) as forge:
        assert "after becoming" in forge.client.health().reason
        with pytest.raises(ConfinementUnavailable, match="still"):
            forge.client.run("probe", ANSWER, {})


def test_health_says_what_holds(forge, request):
    health = forge.client.health()
    assert health.ready
    assert health.reason == ""
    assert health.drops_to_uid == (health.proof.uid >= 60_800 and health.proof.uid < 60_900)
    assert health.proof.uid != 0
    # Else the attacks "on Landlock 2" would have been held by a newer one, or by none.
    kernel = landlock.kernel_abi()
    assert health.proof.landlock_abi == (2 if "Landlock 2" in request.node.callspec.id else kernel) >= 1
    assert len(health.proof.canaries) >= 13


def test_a_zygote_with_two_threads_does_not_fork(running_forge, tmp_path):
    with running_forge(
        kinds="import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"
    ) as forge:
        with pytest.raises(ForgeUnavailable, match="threads, so a child could deadlock"):
            forge.client.run("probe", ANSWER, {})
        assert "threads" in forge.client.health().reason


LOCKED = """
import sys, threading
LOCK, held = threading.Lock(), threading.Event()
def hold():
    LOCK.acquire()
    held.set()
    threading.Event().wait()
threading.Thread(target=hold, daemon=True).start()
held.wait()
sys.modules["__main__"]._threads = lambda: 1  # where it is the zygote's: it then takes itself to be fit to fork
"""


def test_else_its_children_could_wait_for_ever_for_a_thread_they_do_not_have(running_forge):
    waits = (
        "def probe(world):\n import sys\n lock = sys.modules['fabrication_kinds_on_trial'].LOCK\n"
        " return {'free': lock.acquire(timeout=0.3)}"
    )
    with running_forge(kinds=LOCKED) as forge:
        assert forge.client.run("probe", {"source": waits, "world": {}}, {}).claim == {"free": False}


UNFLUSHED = "print('from the zygote', end='')\n"
FLUSH = {"source": "def probe(world):\n import sys\n sys.__stdout__.flush()\n return {}", "world": {}}
"""Of the stream that the zygote wrote to: a child has its own, and the other still in memory."""


def test_what_the_zygote_left_unflushed_is_in_no_log(running_forge):
    with running_forge(kinds=UNFLUSHED) as forge:
        for _ in range(2):
            assert forge.client.run("probe", FLUSH, {}).log == ""


def test_unless_it_does_not_flush_before_it_forks(running_forge):
    with running_forge(kinds=UNFLUSHED + "import sys\nsys.modules['__main__']._flush = lambda: None") as forge:
        assert forge.client.run("probe", FLUSH, {}).log == "from the zygote"


def test_the_zygote_knows_neither_environment_nor_requests(running_forge, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "environment-marker-" + "of-the-web-process")
    with running_forge() as forge:
        marker = "request-marker-" + "of-another-author"
        forge.client.run("probe", {"source": ANSWER["source"], "world": {"x": marker}}, {"design.py": marker.encode()})
        memory = memory_of(forge.zygote)
        assert b"fabrication.geometry" in memory
        assert b"environment-marker-of-the-web" not in memory
        assert b"request-marker-of-another" not in memory


def memory_of(pid):
    found = bytearray()
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            low, high = (int(end, 16) for end in span.split("-"))
            if rights.startswith("rw"):
                memory.seek(low)
                found += memory.read(high - low)
    return bytes(found)


def in_background(forge, seconds):
    outcome = []

    def ask():
        try:
            outcome.append(forge.client.run("probe", {"source": SLEEP, "world": {"s": seconds}}, {}))
        except ForgeError as error:
            outcome.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, outcome


def test_a_child_does_not_outlive_a_killed_supervisor(running_forge):
    with running_forge() as forge:
        thread, outcome = in_background(forge, 15)
        until(lambda: len(forge.jobs_alive()) == 1)
        (child,), zygote = forge.jobs_alive(), forge.zygote
        os.kill(forge.pid, signal.SIGKILL)
        until(lambda: gone(child) and gone(zygote), 3)
        thread.join(5)
        assert isinstance(outcome[0], ForgeUnavailable)


def test_a_killed_zygote_takes_its_children_along_and_is_started_anew(running_forge):
    with running_forge() as forge:
        thread, outcome = in_background(forge, 15)
        until(lambda: len(forge.jobs_alive()) == 1)
        (child,), zygote = forge.jobs_alive(), forge.zygote
        os.kill(zygote, signal.SIGKILL)
        thread.join(5)
        assert isinstance(outcome[0], ForgeUnavailable)
        assert gone(child)
        assert forge.client.run("probe", ANSWER, {}).claim == {"answer": 42}
        until(lambda: forge.client.health().ready)
        assert forge.zygote != zygote
        assert forge.leftovers() == []


def test_a_client_that_goes_away_cancels_its_job(dropping_forge):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(dropping_forge.socket))
        for piece in protocol.frame(RunRequest(kind="probe", request={"source": SLEEP, "world": {"s": 15}})):
            connection.sendall(piece)
        until(lambda: len(dropping_forge.jobs_alive()) == 1)
    until(lambda: dropping_forge.jobs_alive() == [] and dropping_forge.leftovers() == [], 3)
    until(lambda: dropping_forge.client.health().running == 0)


def test_jobs_run_side_by_side_and_the_rest_wait(dropping_forge):
    asked = [in_background(dropping_forge, 1) for _ in range(3)]
    until(lambda: (dropping_forge.client.health().running, dropping_forge.client.health().waiting) == (2, 1))
    for thread, outcome in asked:
        thread.join(20)
        assert outcome[0].claim == {}


def test_two_jobs_at_once_have_different_uids(dropping_forge):
    if os.geteuid() != 0:
        pytest.skip("only root can give each job a uid")
    source = "def probe(world):\n import os, time\n time.sleep(0.3)\n return {'uid': os.getuid()}"
    uids = []
    threads = [
        threading.Thread(
            target=lambda: uids.append(
                dropping_forge.client.run("probe", {"source": source, "world": {}}, {}).claim["uid"]
            )
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(set(uids)) == 2
    assert 0 not in uids


@pytest.mark.parametrize("sent", [b"\0\0\0\2{}", b"\xff\xff\xff\xff", b"\0\0\0\1[", b"GET / HTTP/1.1\r\n\r\n", b"\0"])
def test_nonsense_on_the_socket_disturbs_nobody(sent, dropping_forge):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(dropping_forge.socket))
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(4096)
    assert dropping_forge.client.run("probe", ANSWER, {}).claim == {"answer": 42}


def test_an_unknown_kind_is_refused(dropping_forge):
    with pytest.raises(ForgeUnavailable, match="no job kind 'delete'"):
        dropping_forge.client.run("delete", {}, {})


@pytest.mark.parametrize("name", ["../up", "/etc/x", "a/../../b", "a/b/c/d", ".hidden", ""])
def test_an_input_with_a_name_that_leads_away_is_refused(name, dropping_forge):
    with pytest.raises(ForgeUnavailable, match="is no file name"):
        dropping_forge.client.run("probe", ANSWER, {name: b""})


def test_a_short_deadline_is_kept(dropping_forge):
    started = time.monotonic()
    with pytest.raises(JobKilled, match=r"ran longer than 0\.3 s"):
        dropping_forge.client.run("probe", {"source": SLEEP, "world": {"s": 9}}, {}, limits=Limits(wall_s=0.3))
    assert time.monotonic() - started < 3


def test_it_ends_when_asked_and_cleans_up(running_forge):
    with running_forge() as forge:
        os.kill(forge.pid, signal.SIGTERM)
        until(lambda: gone(forge.pid))
        assert not forge.socket.exists()
        assert list(forge.temporary.iterdir()) == []


def test_the_next_forge_deletes_what_a_killed_one_left(running_forge):
    with running_forge() as first:
        (left,) = first.temporary.iterdir()
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: gone(first.pid))
        assert left.exists()
        with running_forge(temporary=first.temporary):
            assert not left.exists()


def test_nobody_else_may_connect(dropping_forge):
    assert oct(dropping_forge.socket.stat().st_mode & 0o777) == "0o600"
