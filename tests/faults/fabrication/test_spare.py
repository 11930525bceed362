"""A child is forked and has rehearsed before its job comes; it is no less confined, and its death is nobody's failure."""

import os
import signal
import time
from pathlib import Path

SELF = {"source": "def probe(world):\n import os\n return {'pid': os.getpid()}", "world": {}}
LATER = """
import sys, types
from dataclasses import replace
late = types.ModuleType("late_library")
class Finder:
    def find_spec(self, name, path, target=None):
        if name == "late_library":
            from importlib.machinery import ModuleSpec
            return ModuleSpec(name, self)
    def create_module(self, spec): return late
    def exec_module(self, module): pass
sys.meta_path.append(Finder())
KINDS |= {"probe": replace(KINDS["probe"], later=("late_library",))}
"""


def spares(forge):
    found = []
    for child in Path(f"/proc/{forge.zygote}/task/{forge.zygote}/children").read_text().split():
        try:
            state = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if Path(f"/proc/{child}/comm").read_text() == "forge-spare\n" and state != "Z":
                found.append(int(child))
        except FileNotFoundError:
            continue
    return found


def the_spare(forge):
    deadline = time.monotonic() + 20
    while True:
        found = spares(forge)
        # Asleep: it waits for its job.
        if found and Path(f"/proc/{found[0]}/stat").read_text().rsplit(")", 1)[1].split()[0] == "S":
            return found[0]
        assert time.monotonic() < deadline, "no spare was made"
        time.sleep(0.01)


def assert_reaped(pid):
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, "it was not reaped"
        time.sleep(0.01)


def test_a_job_runs_in_the_spare_and_another_is_made(running_forge):
    with running_forge() as forge:
        first = the_spare(forge)
        inside = forge.client.run("probe", SELF, {})
        assert inside.claim["pid"] == first
        assert the_spare(forge) != first


def test_a_spare_that_dies_is_no_jobs_failure_and_leaves_no_zombie(running_forge):
    with running_forge() as forge:
        dead = the_spare(forge)
        os.kill(dead, signal.SIGKILL)
        assert forge.client.run("probe", SELF, {}).claim["pid"] != dead
        assert_reaped(dead)
        assert the_spare(forge) != dead


def test_a_spare_that_does_not_take_its_job_is_ended_and_the_job_done_once(running_forge):
    """What is killed dies a moment later and takes what it is given until then; one that is stopped stays there."""
    with running_forge() as forge:
        stopped = the_spare(forge)
        os.kill(stopped, signal.SIGSTOP)
        assert forge.client.run("probe", SELF, {}).claim["pid"] != stopped
        assert the_spare(forge) != stopped
        assert_reaped(stopped)


def test_what_could_wait_is_imported_when_nobody_waits_and_the_spare_has_it(running_forge):
    asks = {"source": "def probe(world):\n import sys\n return {'has': 'late_library' in sys.modules}", "world": {}}
    with running_forge(kinds=LATER) as forge:
        deadline = time.monotonic() + 20
        while not forge.client.run("probe", asks, {}).claim["has"]:
            assert time.monotonic() < deadline, "it was never imported"
            the_spare(forge)
            time.sleep(0.6)  # nobody asks for longer than the zygote waits
        assert len(spares(forge)) <= 1
        assert forge.client.health().zygotes_started == 1


def test_a_spare_dies_with_its_zygote(running_forge):
    with running_forge() as forge:
        orphan = the_spare(forge)
        os.kill(forge.zygote, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while (
            Path(f"/proc/{orphan}").exists()
            and Path(f"/proc/{orphan}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        ):
            assert time.monotonic() < deadline, "it lives on"
            time.sleep(0.01)
