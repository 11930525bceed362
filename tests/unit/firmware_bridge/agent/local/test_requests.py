"""A program that was brought to the bridge itself, at a real desk."""

import hashlib
import select
import sys
from dataclasses import replace

import msgspec
import pytest

from firmware_bridge import wire
from firmware_bridge.agent import restart
from firmware_bridge.agent.client import CommonsClient
from firmware_bridge.agent.desk import SYNC, Desk
from firmware_bridge.agent.errands import Errands
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import control, requests
from firmware_bridge.agent.rules.steps import Fetch, MakeSafe, todo
from firmware_bridge.agent.rules.world import ENDED, OCCUPYING, Attempt, Bench, Hot
from firmware_bridge.agent.runs.process import Run, SwitchOff
from firmware_bridge.agent.store import Store
from firmware_bridge.agent.sync import Sync
from firmware_bridge.commands import arm
from firmware_bridge.errors import UsageError
from firmware_bridge.machine import Link
from firmware_bridge.wire import AttemptState

PROGRAM = b"G21\nG28\n"
SHA = hashlib.sha256(PROGRAM).hexdigest()
HOT = Hot("marlin", Link(port="/dev/null"))


@pytest.fixture
def desk(tmp_path, machine):
    home = Home(tmp_path / "home")
    home.prepare()
    store, errands = Store(home.database), Errands()
    yield Desk(home, CommonsClient("http://127.0.0.1:1"), {"ender": machine}, store, errands)
    errands.close()
    store.close()


@pytest.fixture
def bring(desk, machine):
    def bring(upload="u1", **changes):
        if upload == "u1":
            desk.home.upload(upload).write_bytes(PROGRAM)
        fields = {
            "upload": upload,
            "machine": "ender",
            "title": "knob.gcode",
            "material": "PLA",
            "profile_sha256": machine.sha256,
            "program_sha256": SHA,
            "program_bytes": len(PROGRAM),
            "estimate_s": 60.0,
        }
        return requests.answer(desk, control.AskPrint(**(fields | changes)))

    return bring


def only(desk):
    (attempt,) = desk.store.open_attempts()
    return attempt


def test_a_brought_program_is_held_like_a_lease(desk, bring):
    answer = bring()
    held = only(desk)
    assert (answer.said, answer.refused) == (held.id, "")
    assert held.local
    assert (held.state, held.checked, held.lease.title) == (AttemptState.LEASED, False, "knob.gcode")
    assert desk.home.program(SHA).read_bytes() == PROGRAM
    assert todo(desk.world()) == [Fetch(held)]
    status = requests.answer(desk, control.AskStatus()).status
    assert status.attempts[0].local


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"machine": "prusa"}, "no machine 'prusa'; there are: ender"),
        ({"profile_sha256": "1" * 64}, "start the bridge again"),
        ({"upload": "gone"}, "cannot be kept: No such file"),
    ],
)
def test_what_is_not_taken_leaves_nothing(desk, bring, changes, named):
    assert named in bring(**changes).refused
    assert desk.store.open_attempts() == ()


@pytest.mark.parametrize("state", sorted(OCCUPYING))
def test_an_occupied_machine_takes_no_second(desk, bring, make_lease, state):
    desk.store.put(Attempt(make_lease(), state))
    assert "already holds attempt a1" in bring().refused


def test_a_path_cannot_be_an_upload(desk):
    raw = b'{"do":"print","upload":"../../etc/passwd"}'
    with pytest.raises(wire.UNREADABLE):
        msgspec.json.decode(raw, type=control.Request)


def ended(desk, bring, state):
    bring()
    return desk.store.put(replace(only(desk), state=state))


@pytest.mark.parametrize("state", sorted(ENDED))
def test_it_is_shown_until_the_bed_is_cleared(desk, bring, state):
    attempt = ended(desk, bring, state)
    assert only(desk) == attempt
    requests.answer(desk, control.AskClear(machine="ender"))
    assert desk.store.open_attempts() == ()
    assert desk.store.attempt(attempt.id).settled


def test_or_until_the_next_is_brought_whose_program_stays(desk, bring):
    first = ended(desk, bring, AttemptState.FINISHED)
    bring()
    assert only(desk).id != first.id
    assert desk.home.program(SHA).exists()


def lose(desk, make_lease, *, settled):
    return desk.store.put(Attempt(make_lease(), AttemptState.LOST, settled=settled, reason="the cable was out"))


def status(desk):
    return requests.answer(desk, control.AskStatus()).status


@pytest.mark.parametrize("settled", [False, True])
def test_what_was_lost_is_shown_until_the_next_lease_whether_the_commons_has_heard_or_not(desk, make_lease, settled):
    lose(desk, make_lease, settled=settled)
    restart.recover(desk.home, desk.store, desk.machines)
    (attempt,) = status(desk).attempts
    assert (attempt.attempt, attempt.state, attempt.reason) == ("a1", "lost", "the cable was out")
    question = "before the next job the commons may wait to be told what happened to 'a knob': on your page at http://127.0.0.1:1"
    assert status(desk).machines[0].question == question
    desk.store.put(Attempt(make_lease(attempt="a2"), AttemptState.LAPSED, settled=True))
    assert status(desk).machines[0].question == ""
    assert [a.attempt for a in status(desk).attempts] == ([] if settled else ["a1"])


@pytest.mark.parametrize("state", [AttemptState.FINISHED, AttemptState.FAILED, AttemptState.LAPSED])
def test_how_the_last_one_ended_stays_in_view_until_the_next_is_held(desk, bring, make_lease, state):
    assert status(desk).machines[0].last is None
    desk.store.put(Attempt(make_lease(), state, settled=True, reason="stopped at the workshop"))
    (machine,) = status(desk).machines
    last = machine.last
    assert (last.attempt, last.title, last.state, last.reason) == ("a1", "a knob", state, "stopped at the workshop")
    assert status(desk).attempts == []
    bring()
    assert status(desk).machines[0].last is None
    requests.answer(desk, control.AskStop())
    requests.answer(desk, control.AskClear(machine="ender"))
    assert (status(desk).machines[0].last.title, status(desk).attempts) == ("knob.gcode", [])


def test_nothing_is_told_twice(desk, bring, make_lease):
    lose(desk, make_lease, settled=True)
    assert status(desk).machines[0].last is None
    ended(desk, bring, AttemptState.FAILED)
    assert status(desk).machines[0].last is None
    assert [a.state for a in status(desk).attempts] == ["lost", "failed"]


def test_a_lost_program_of_a_person_here_is_no_question_of_the_commons(desk, bring):
    ended(desk, bring, AttemptState.LOST)
    assert status(desk).machines[0].question == ""


def nothing_to_arm(desk):
    with pytest.raises(UsageError) as error:
        arm._choose(status(desk), None)
    first, *machines = str(error.value).splitlines()
    assert first == "no program waits to be armed:"
    return machines


def test_who_finds_nothing_to_arm_is_told_of_every_machine_what_comes_next(desk, machine, make_lease):
    clear = "a job comes once its bed is clear: firmware-bridge clear"
    assert nothing_to_arm(desk) == [f"ender: {clear} ender"]
    absent = replace(machine, profile=msgspec.structs.replace(machine.profile, link=Link(port="/dev/no-such-port")))
    desk.machines = {"ender": machine, "cnc": replace(machine, id="cnc"), "mini": replace(absent, id="mini")}
    desk.store.set_bench("ender", Bench(bed_clear=True))
    assert nothing_to_arm(desk) == [
        "ender: free: claim a job for it at http://127.0.0.1:1",
        f"cnc: {clear} cnc",
        "mini: offline: there is no port /dev/no-such-port: check its cable, and whether it has power",
    ]
    lose(desk, make_lease, settled=True)
    assert nothing_to_arm(desk)[0].startswith("ender: free: claim a job for it at http://127.0.0.1:1; before the next")


def test_or_what_has_been_armed_already(desk, make_lease):
    armed = desk.store.put(Attempt(make_lease(), AttemptState.ARMED, checked=True))
    assert nothing_to_arm(desk) == [
        "ender: a knob is armed already, and waits for the bed: firmware-bridge clear ender"
    ]
    desk.store.set_bench("ender", Bench(bed_clear=True))
    assert nothing_to_arm(desk) == ["ender: a knob is armed already, and waits for the commons to agree"]
    desk.store.begin(armed, HOT)
    assert nothing_to_arm(desk) == ["ender: a knob is running"]


def test_a_stop_says_what_it_gave_back(desk, make_lease):
    assert requests.answer(desk, control.AskStop(machine="ender")).said == "nothing was running"
    desk.store.put(Attempt(make_lease(), checked=True))
    said = requests.answer(desk, control.AskStop()).said
    assert said == "a1 (a knob) had not begun on ender: it is given back"
    assert desk.store.attempt("a1").state is AttemptState.LAPSED


def test_clearing_settles_nothing_of_the_commons(desk, make_lease):
    finished = desk.store.put(Attempt(make_lease(), AttemptState.FINISHED))
    requests.answer(desk, control.AskClear(machine="ender"))
    assert only(desk) == finished


class Listening(CommonsClient):
    """A commons that keeps what it was told, and answers with what it was given."""

    heard = None
    answer = wire.SyncAnswer(interval_s=1)

    def sync(self, request):
        self.heard = request
        return self.answer


def exchange(desk):
    Sync(desk).send()
    while not desk.errands.may_go(SYNC):
        select.select([desk.errands], [], [], 10)
        desk.errands.collect()


def test_the_commons_hears_nothing_of_it_and_has_no_say(desk, bring):
    bring()
    held = only(desk)
    desk.client = Listening("http://127.0.0.1:1")
    desk.client.answer = wire.SyncAnswer(
        interval_s=1,
        settled=[held.id],
        leases={held.id: -5},
        commands=[msgspec.Raw(msgspec.json.encode(wire.Withdraw(attempt=held.id, fence=0, reason="mine")))],
    )
    exchange(desk)
    assert desk.client.heard.attempts == []
    assert [m.state for m in desk.client.heard.machines] == ["holding"]
    assert only(desk) == held


def test_a_lease_cannot_take_its_name(desk, bring, make_lease):
    bring()
    held = only(desk)
    desk.client = Listening("http://127.0.0.1:1")
    desk.client.answer = wire.SyncAnswer(interval_s=1, commands=[msgspec.Raw(msgspec.json.encode(held.lease))])
    exchange(desk)
    assert only(desk) == held
    assert "has had this attempt before" in desk.store.refusals()[0].reason


def test_after_a_restart_it_is_checked_and_armed_anew(desk, bring, machine):
    bring()
    desk.store.put(replace(only(desk), state=AttemptState.ARMED, checked=True))
    restart.recover(desk.home, desk.store, {"ender": machine})
    held = only(desk)
    assert (held.state, held.checked, held.local) == (AttemptState.LEASED, False, True)
    assert desk.home.program(SHA).exists()


def test_what_had_begun_before_a_restart_is_lost_and_never_run_again(desk, bring, machine):
    bring()
    desk.store.begin(only(desk), HOT)
    restart.recover(desk.home, desk.store, {"ender": machine})
    assert only(desk).state is AttemptState.LOST
    assert [type(action) for action in todo(desk.world())] == [MakeSafe]
    assert desk.store.benches()["ender"] == Bench(bed_clear=False, hot=HOT)


def test_a_stop_stops_every_machine_though_the_database_fails(desk, machine):
    desk.machines = {"ender": machine, "prusa": replace(machine, id="prusa")}
    work = SwitchOff(firmware="marlin", link=HOT.link, claimed=(), found="", lock="")
    waits = [sys.executable, "-c", "import sys; sys.stdin.readline(); sys.stdin.readline()"]
    desk.runs |= {name: Run(name, "a1", work, command=waits) for name in desk.machines}
    desk.store._db.execute("PRAGMA query_only = ON")
    answer = requests.answer(desk, control.AskStop())
    assert "fails: attempt to write a readonly database; what was running is being stopped" in answer.refused
    assert desk.ending
    for run in desk.runs.values():
        while run.read() is None:  # each has heard its stop, and ends
            assert select.select([run], [], [], 30)[0]
