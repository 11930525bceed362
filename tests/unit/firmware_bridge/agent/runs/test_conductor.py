import select
import sys
import time
from dataclasses import replace

import msgspec
import pytest

from firmware_bridge.agent.client import CommonsClient
from firmware_bridge.agent.desk import Desk
from firmware_bridge.agent.errands import Errands
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.rules.world import Attempt, Bench, Hot
from firmware_bridge.agent.runs.conductor import FETCHES_MAX, Conductor
from firmware_bridge.agent.runs.process import Outcome, Run, SwitchOff
from firmware_bridge.agent.store import Store
from firmware_bridge.errors import BridgeError, CommonsRefused, CommonsUnreachable, ProfileError, ProgramWrong
from firmware_bridge.machine import Link
from firmware_bridge.wire import AttemptState


class Refusing(CommonsClient):
    """A commons whose downloads fail as told."""

    error: BridgeError

    def download(self, attempt, to, size, sha256):
        raise self.error


class Clock:
    now = 0.0

    def __call__(self):
        self.now += 1000.0  # past every backing off
        return self.now


@pytest.fixture
def desk(tmp_path, machine, make_lease):
    home = Home(tmp_path / "home")
    home.prepare()
    store, errands = Store(home.database), Errands(Clock())
    desk = Desk(home, Refusing("http://127.0.0.1:1"), {"ender": machine}, store, errands)
    store.put(Attempt(make_lease()))
    yield desk
    errands.close()
    store.close()


@pytest.mark.parametrize(
    ("process", "left", "off"), [("fff", "hot", "heaters are"), ("milling", "spindle", "spindle is")]
)
def test_a_machine_is_spoken_of_by_what_it_has(desk, machine, capsys, process, left, off):
    profile = msgspec.structs.replace(machine.profile, process=process)
    desk.machines = {"ender": replace(machine, profile=profile)}
    desk.store.set_bench("ender", Bench(hot=Hot(profile.firmware, profile.link)))
    conductor = Conductor(desk)
    conductor._switched_off("ender", Outcome(state="failed", safe=False, reason="it is gone"))
    trouble = desk.trouble_of(desk.machines["ender"], desk.world())
    assert left in trouble
    assert trouble.endswith("since its last run, look at it: it is gone")
    conductor._switched_off("ender", Outcome(state="finished", safe=True))
    assert f"{off} off" in capsys.readouterr().err
    assert desk.trouble_of(desk.machines["ender"], desk.world()) == ""


def fetch(desk, error):
    """Fetches until nothing is under way or wanted; how often."""
    desk.client.error = error
    conductor, tries = Conductor(desk), 0
    while desk.store.attempt("a1").state is AttemptState.LEASED:
        conductor.fetch(desk.store.attempt("a1"))
        tries += 1
        deadline = time.monotonic() + 10
        while not desk.errands.may_go(("fetch", "a1")):
            assert time.monotonic() < deadline
            desk.errands.collect()
            time.sleep(0.001)
    return tries


@pytest.mark.parametrize(
    ("error", "state", "tries"),
    [
        (ProgramWrong("the program's hash is another"), AttemptState.FAILED, 1),
        (ProfileError("no such material"), AttemptState.FAILED, 1),
        (CommonsRefused("this attempt is over"), AttemptState.LAPSED, 1),
        (BridgeError("the disk has no room"), AttemptState.LAPSED, 1),
        (CommonsUnreachable("no answer"), AttemptState.LAPSED, FETCHES_MAX),
    ],
    ids=["wrong", "material", "refused", "disk", "unreachable"],
)
def test_only_a_verdict_on_the_program_closes_the_job_to_this_machine(desk, error, state, tries):
    assert fetch(desk, error) == tries
    assert desk.store.attempt("a1").state is state
    assert str(error) in desk.store.attempt("a1").reason


def test_what_was_left_hot_is_where_its_run_was_and_spoken_to_as_its_run_did(desk):
    """Its owner may have corrected the profile since."""
    then = Hot("grbl", Link(port="/dev/then"))
    desk.store.begin(desk.store.attempt("a1"), then)
    outcome = msgspec.json.encode(Outcome(state="failed", safe=False)) + b"\n"
    work = SwitchOff(firmware="grbl", link=then.link, claimed=(), found="", lock="")
    run = desk.runs["ender"] = Run(
        "ender", "a1", work, command=[sys.executable, "-c", f"import os; os.write(1, {outcome!r})"]
    )
    conductor = Conductor(desk)
    while not conductor.hear(run):
        assert select.select([run], [], [], 30)[0]
    assert desk.store.benches()["ender"].hot == then
