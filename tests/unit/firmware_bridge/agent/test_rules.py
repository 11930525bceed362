from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import wire
from firmware_bridge.agent import rules
from firmware_bridge.agent.rules import Arm, AskStart, Attempt, Begin, Bench, Fetch, Lapse, MakeSafe, Rejoin
from firmware_bridge.machine import Link, StandingArm
from firmware_bridge.text import brief
from firmware_bridge.wire import AttemptState, MachineState

HOT = Link(port="/dev/null")


@pytest.mark.parametrize(
    ("policy", "hour", "allowed"),
    [
        (StandingArm(), 3, True),
        (StandingArm(hours=(8, 20)), 7, False),
        (StandingArm(hours=(8, 20)), 8, True),
        (StandingArm(hours=(8, 20)), 19, True),
        (StandingArm(hours=(8, 20)), 20, False),
        (StandingArm(hours=(22, 6)), 23, True),
        (StandingArm(hours=(22, 6)), 0, True),
        (StandingArm(hours=(22, 6)), 6, False),
        (StandingArm(hours=(9, 9)), 9, False),
        (StandingArm(materials=("pla",)), 12, True),
        (StandingArm(materials=("PETG", "ABS")), 12, False),
        (StandingArm(people=("ada",)), 12, True),
        (StandingArm(people=("Ada",)), 12, False),
        (StandingArm(people=("bob",), materials=("PLA",)), 12, False),
        (StandingArm(people=("ada",), materials=("PLA",), hours=(12, 13)), 12, True),
        (StandingArm(people=("ada",), materials=("PLA",), hours=(12, 13)), 13, False),
    ],
)
def test_the_standing_arm_covers_hours_materials_and_people(machine, make_lease, policy, hour, allowed):
    profile = msgspec.structs.replace(machine.profile, arm="policy", arm_policy=policy)
    assert (rules.policy_objection(profile, make_lease(), hour) == "") is allowed


@pytest.mark.parametrize(
    ("price", "objection"),
    [
        (None, "names no price"),
        (wire.Price(amount=499, currency="EUR"), "pays 499 EUR"),
        (wire.Price(amount=5_000, currency="USD"), "pays 5000 USD"),
        (wire.Price(amount=500, currency="EUR"), ""),
    ],
)
def test_a_price_floor_covers_what_pays_as_much_in_its_currency(machine, make_lease, price, objection):
    policy = StandingArm(price_min=500, currency="EUR")
    profile = msgspec.structs.replace(machine.profile, arm="policy", arm_policy=policy)
    said = rules.policy_objection(profile, make_lease(price=price), 12)
    assert said.startswith(f"it {objection}") if objection else said == ""


@pytest.mark.parametrize("apart_s", [-24 * 3600.0, -1000.0, 1000.0, 50 * 365 * 24 * 3600.0])
def test_hours_are_not_believed_of_a_clock_that_is_wrong(machine, make_lease, apart_s):
    def objection(policy):
        profile = msgspec.structs.replace(machine.profile, arm="policy", arm_policy=policy)
        return rules.policy_objection(profile, make_lease(), 12, apart_s)

    assert "clock" in objection(StandingArm(hours=(8, 20)))
    assert objection(StandingArm()) == ""  # any hour is any hour


def test_some_minutes_apart_are_nothing(machine, make_lease):
    profile = msgspec.structs.replace(machine.profile, arm="policy", arm_policy=StandingArm(hours=(8, 20)))
    assert rules.policy_objection(profile, make_lease(), 12, 300.0) == ""


@pytest.mark.parametrize(
    ("apart_s", "said"), [(0.0, ""), (900.0, ""), (86_400.0, "24.0 h ahead of"), (-5_400.0, "1.5 h behind")]
)
def test_a_wrong_clock_is_named(apart_s, said):
    assert said in rules.clock_trouble(apart_s)
    assert bool(said) == bool(rules.clock_trouble(apart_s))


def test_without_a_policy_only_a_person_arms(machine, make_lease):
    assert "person" in rules.policy_objection(machine.profile, make_lease(), 12)


def test_a_good_lease_has_no_problem(world, make_lease):
    assert rules.lease_problem(world, make_lease()) is None


@pytest.mark.parametrize(
    ("changes", "state", "named"),
    [
        ({"machine": "prusa"}, AttemptState.LAPSED, "no machine 'prusa'"),
        ({"profile_sha256": "f" * 64}, AttemptState.LAPSED, "plan again"),
        ({"material": "PETG"}, AttemptState.FAILED, "no material 'PETG'"),
        ({"program_bytes": wire.PROGRAM_BYTES_MAX + 1}, AttemptState.FAILED, "over the"),
        ({"expires_in_s": 1e300}, AttemptState.LAPSED, "make no sense"),
        ({"estimate_s": -1.0}, AttemptState.LAPSED, "make no sense"),
    ],
)
def test_a_wrong_lease_is_refused_or_given_back_by_name(world, make_lease, changes, state, named):
    problem = rules.lease_problem(world, make_lease(**changes))
    assert problem.state is state
    assert named in problem.reason


@pytest.mark.parametrize("state", [AttemptState.LEASED, AttemptState.ARMED, AttemptState.STARTED])
def test_a_machine_holds_one_attempt(world, make_lease, state):
    held = replace(world, attempts=(Attempt(make_lease(attempt="first"), state),))
    problem = rules.lease_problem(held, make_lease())
    assert problem.state is AttemptState.LAPSED
    assert "already holds attempt first" in problem.reason


@pytest.mark.parametrize(
    ("bench", "named"), [(Bench(bed_clear=False), "bed"), (Bench(bed_clear=True, hot=HOT), "made safe")]
)
def test_a_bed_not_cleared_or_a_hot_machine_takes_no_lease(world, make_lease, bench, named):
    problem = rules.lease_problem(replace(world, benches={"ender": bench}), make_lease())
    assert problem.state is AttemptState.LAPSED
    assert named in problem.reason


def held(world, make_lease, **fields):
    """A world with one attempt that has 10 s of its lease left."""
    return replace(world, attempts=(Attempt(make_lease(), **fields),), expires={"a1": 10.0})


def kinds(world):
    return [type(action) for action in rules.todo(world)]


def test_what_follows_from_each_state(world, machine, make_lease):
    assert kinds(held(world, make_lease)) == [Fetch]
    assert kinds(held(world, make_lease, checked=True)) == []
    assert kinds(held(world, make_lease, checked=True, state=AttemptState.ARMED)) == [AskStart]
    for state in rules.ENDED | {AttemptState.STARTED}:
        assert kinds(held(world, make_lease, checked=True, state=state)) == []


def test_what_a_host_prints_is_watched_and_not_switched_off(world, machine, make_lease):
    link = Link(host="octoprint", url="http://octopi.local", key="k")
    hosted = replace(machine, profile=msgspec.structs.replace(machine.profile, link=link))
    world = replace(world, machines={"ender": hosted}, benches={"ender": Bench(hot=link)})
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


def test_a_hot_machine_is_made_safe_before_anything_begins(world, make_lease):
    armed = held(world, make_lease, checked=True, state=AttemptState.ARMED)
    hot = replace(armed, benches={"ender": Bench(bed_clear=True, hot=HOT)})
    assert kinds(hot) == [MakeSafe]
    assert kinds(replace(hot, running=frozenset({"ender"}))) == []


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


def test_a_flood_of_what_nobody_settles_takes_no_more(world, machine, make_lease):
    ended = tuple(Attempt(make_lease(attempt=f"a{n}"), AttemptState.LOST) for n in range(256))
    assert rules.upload_problem(world, "ender", machine.sha256) == ""
    assert "256 attempts" in rules.upload_problem(replace(world, attempts=ended), "ender", machine.sha256)


@pytest.mark.parametrize(
    ("attempt_state", "change", "state"),
    [
        (None, {}, MachineState.FREE),
        (None, {"benches": {}}, MachineState.WAITING_FOR_CLEAR),
        (None, {"present": frozenset()}, MachineState.OFFLINE),
        (None, {"benches": {"ender": Bench(bed_clear=True, hot=HOT)}}, MachineState.OFFLINE),
        (AttemptState.LEASED, {}, MachineState.HOLDING),
        (AttemptState.ARMED, {}, MachineState.HOLDING),
        (AttemptState.STARTED, {"present": frozenset()}, MachineState.RUNNING),
        (AttemptState.LOST, {}, MachineState.FREE),
    ],
)
def test_machine_state(world, make_lease, attempt_state, change, state):
    attempts = (Attempt(make_lease(), attempt_state),) if attempt_state else ()
    assert rules.machine_state(replace(world, attempts=attempts, **change), "ender") is state


@pytest.mark.parametrize(
    "raw",
    [
        b'{"command":"explode","machine":"ender"}',
        b'{"command":"arm","attempt":"a1"}',
        b'{"command":"withdraw","attempt":"../../etc/passwd","fence":1,"reason":""}',
        b'{"command":"lease"}',
        b"[1,2]",
        b'"\xff"',
        b'{"command":"withdraw","attempt":"a","fence":-1,"reason":""}',
        b'{"command":"withdraw","attempt":"a","fence":18446744073709551616,"reason":""}',
        b'{"command":"withdraw","attempt":"a","fence":1,"reason":"","x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    ],
)
def test_an_unknown_or_malformed_command_is_refused_by_name(raw):
    with pytest.raises(rules.CommandRefused) as caught:
        rules.read_command(raw)
    assert raw[:20].decode("utf-8", "replace") in caught.value.what


def test_commands_are_read(make_lease):
    assert rules.read_command(msgspec.json.encode(make_lease())) == make_lease()


@given(st.text())
def test_a_strangers_text_is_safe_and_short(text):
    shown = brief(text, 50)
    assert len(shown) <= 50
    assert shown.isprintable()


@given(st.floats(allow_nan=False), st.floats(0, 1, exclude_max=True))
def test_the_commons_cannot_hurry_or_silence_the_bridge(asked, chance):
    assert 0.2 <= rules.interval_s(asked, chance) <= 300


@given(st.integers(1, 10**6), st.floats(0, 1, exclude_max=True))
def test_backing_off_is_bounded(failures, chance):
    assert 0.2 <= rules.backoff_s(failures, chance) <= 60.2


def test_backing_off_grows():
    assert rules.backoff_s(1, 0.99) < rules.backoff_s(4, 0.99) < rules.backoff_s(7, 0.99)
