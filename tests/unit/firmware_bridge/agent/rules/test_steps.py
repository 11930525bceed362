"""What follows from what the bridge knows."""

from dataclasses import replace

import msgspec
import pytest

from firmware_bridge.agent.rules.steps import Arm, AskStart, Begin, Disarm, Fetch, Lapse, MakeSafe, Rejoin, todo
from firmware_bridge.agent.rules.world import ENDED, Attempt, Bench, Hot
from firmware_bridge.machine import Link
from firmware_bridge.wire import AttemptState

HOT = Hot("marlin", Link(port="/dev/null"))


def held(world, make_lease, **fields):
    """A world with one attempt that has 10 s of its lease left."""
    return replace(world, attempts=(Attempt(make_lease(), **fields),), expires={"a1": 10.0})


def kinds(world):
    return [type(action) for action in todo(world)]


def test_what_follows_from_each_state(world, machine, make_lease):
    assert kinds(held(world, make_lease)) == [Fetch]
    assert kinds(held(world, make_lease, checked=True)) == []
    assert kinds(held(world, make_lease, checked=True, state=AttemptState.ARMED)) == [AskStart]
    for state in ENDED | {AttemptState.STARTED}:
        assert kinds(held(world, make_lease, checked=True, state=state)) == []


def test_what_a_host_prints_is_watched_and_not_switched_off(world, machine, make_lease):
    link = Link(host="octoprint", url="http://octopi.local", key="k")
    hosted = replace(machine, profile=msgspec.structs.replace(machine.profile, link=link))
    world = replace(world, machines={"ender": hosted}, benches={"ender": Bench(hot=Hot("marlin", link))})
    assert kinds(held(world, make_lease, state=AttemptState.STARTED)) == [Rejoin]
    assert kinds(replace(held(world, make_lease, state=AttemptState.STARTED), running=frozenset({"ender"}))) == []
    assert kinds(held(world, make_lease, state=AttemptState.LOST)) == [MakeSafe]


def test_the_policy_arms_only_what_is_checked(world, machine, make_lease):
    policy = replace(machine, profile=msgspec.structs.replace(machine.profile, arm="policy"))
    world = replace(world, machines={"ender": policy})
    assert kinds(held(world, make_lease)) == [Fetch]
    assert kinds(held(world, make_lease, checked=True)) == [Arm]


@pytest.mark.parametrize(
    "change",
    [
        {"benches": {"ender": Bench(bed_clear=False)}},
        {"present": frozenset()},
        {"running": frozenset({"ender"})},
    ],
)
def test_an_armed_program_waits_for_its_bed_and_its_machine(world, make_lease, change):
    armed = held(world, make_lease, checked=True, state=AttemptState.ARMED)
    assert AskStart in kinds(armed)
    assert AskStart not in kinds(replace(armed, **change))


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("change", [{"present": frozenset()}, {"benches": {"ender": Bench(bed_clear=True, hot=HOT)}}])
def test_what_a_person_armed_is_held_again_once_its_machine_is_offline(world, make_lease, change, local):
    armed = held(world, make_lease, checked=True, state=AttemptState.ARMED, local=local)
    assert Disarm in kinds(replace(armed, **change))
    assert Disarm not in kinds(replace(armed, benches={"ender": Bench(bed_clear=False)}))


def test_a_standing_arm_holds_while_its_machine_is_away(world, machine, make_lease):
    policy = replace(machine, profile=msgspec.structs.replace(machine.profile, arm="policy"))
    armed = held(replace(world, machines={"ender": policy}), make_lease, checked=True, state=AttemptState.ARMED)
    assert kinds(replace(armed, present=frozenset())) == []


def test_a_hot_machine_is_made_safe_before_anything_begins(world, make_lease):
    armed = held(world, make_lease, checked=True, state=AttemptState.ARMED)
    hot = replace(armed, benches={"ender": Bench(bed_clear=True, hot=HOT)})
    assert kinds(hot) == [MakeSafe, Disarm]
    assert kinds(replace(hot, running=frozenset({"ender"}))) == [Disarm]


def test_a_lease_runs_out_unless_the_start_was_asked_for(world, make_lease):
    late = replace(held(world, make_lease, checked=True, state=AttemptState.ARMED), now=10.0)
    assert kinds(late) == [Lapse]
    asked = replace(late, attempts=(replace(late.attempts[0], start_asked=True),))
    assert kinds(asked) == [AskStart]


def test_what_was_brought_to_the_bridge_asks_nobody_and_never_lapses(world, make_lease):
    late = replace(held(world, make_lease, local=True, checked=True, state=AttemptState.ARMED), now=1e9)
    assert kinds(late) == [Begin]
    assert kinds(replace(late, benches={})) == []
    assert kinds(replace(late, attempts=(replace(late.attempts[0], checked=False),))) == [Fetch]


def test_the_standing_arm_never_covers_what_was_brought_to_the_bridge(world, machine, make_lease):
    policy = replace(machine, profile=msgspec.structs.replace(machine.profile, arm="policy"))
    brought = held(replace(world, machines={"ender": policy}), make_lease, local=True, checked=True)
    assert kinds(brought) == []
    assert kinds(replace(brought, attempts=(replace(brought.attempts[0], local=False),))) == [Arm]
