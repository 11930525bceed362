"""What a standing arm covers, and what it does not."""

import msgspec
import pytest

from firmware_bridge import wire
from firmware_bridge.agent.rules.standing_arm import clock_trouble, policy_objection
from firmware_bridge.machine import StandingArm


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
    assert (policy_objection(profile, make_lease(), hour) == "") is allowed


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
    said = policy_objection(profile, make_lease(price=price), 12)
    assert said.startswith(f"it {objection}") if objection else said == ""


@pytest.mark.parametrize("apart_s", [-24 * 3600.0, -1000.0, 1000.0, 50 * 365 * 24 * 3600.0])
def test_hours_are_not_believed_of_a_clock_that_is_wrong(machine, make_lease, apart_s):
    def objection(policy):
        profile = msgspec.structs.replace(machine.profile, arm="policy", arm_policy=policy)
        return policy_objection(profile, make_lease(), 12, apart_s)

    assert "clock" in objection(StandingArm(hours=(8, 20)))
    assert objection(StandingArm()) == ""  # any hour is any hour


def test_some_minutes_apart_are_nothing(machine, make_lease):
    profile = msgspec.structs.replace(machine.profile, arm="policy", arm_policy=StandingArm(hours=(8, 20)))
    assert policy_objection(profile, make_lease(), 12, 300.0) == ""


@pytest.mark.parametrize(
    ("apart_s", "said"), [(0.0, ""), (900.0, ""), (86_400.0, "24.0 h ahead of"), (-5_400.0, "1.5 h behind")]
)
def test_a_wrong_clock_is_named(apart_s, said):
    assert said in clock_trouble(apart_s)
    assert bool(said) == bool(clock_trouble(apart_s))


def test_without_a_policy_only_a_person_arms(machine, make_lease):
    assert "person" in policy_objection(machine.profile, make_lease(), 12)
