"""Clocks that are wrong, and a commons that is away for long."""

from firmware_bridge.machine import StandingArm
from firmware_bridge.wire import AttemptState

DAY_S = 24 * 3600.0


def test_a_clock_a_day_off_changes_no_lease(shed, commons, until):
    commons.clock_ahead_s = DAY_S
    profile = shed.machine(arm="policy")
    shed.offer(profile, shed.program(profile))
    shed.printer()
    shed.start()
    commons.reached("a1", AttemptState.FINISHED)
    assert "24.0 h behind the commons" in shed.status()["trouble"]


def test_a_clock_that_jumps_back_is_believed_again(shed, commons, until):
    commons.clock_ahead_s = -DAY_S
    profile = shed.machine(arm="policy", arm_policy=StandingArm(hours=(0, 23)))
    shed.offer(profile, shed.program(profile))
    shed.printer()
    shed.start()
    until(lambda: "is checked" in shed.log(), "checked")
    seen = commons.syncs
    until(lambda: commons.syncs > seen + 3, "some more syncs")
    assert commons.states["a1"] == [AttemptState.LEASED]
    assert "24.0 h ahead of the commons" in shed.status()["trouble"]
    commons.clock_ahead_s = 0.0
    until(lambda: shed.status()["trouble"] == "", "the clocks to agree")


def test_an_armed_program_whose_commons_was_away_begins_only_where_it_still_may(shed, commons, until):
    """It was armed and its lease ran out with the network gone: nothing begins by itself when it is back."""
    profile = shed.machine(virtual=False)
    shed.printer()
    shed.start()
    until(lambda: "virtual" in commons.machines, "the machine")
    shed.ask("clear", "virtual")
    shed.offer(profile, shed.program(profile), expires_in_s=4.0)
    commons.renewing = False
    until(lambda: "is checked" in shed.log(), "checked")
    commons.down()
    until(lambda: "ran out before it was armed" in shed.log(), "the lease to run out", shed.log)
    refused = shed.ask("arm", "a1")
    assert refused.returncode != 0
    assert "lapsed" in refused.stderr
    commons.up()
    commons.reached("a1", AttemptState.LAPSED)
    assert shed.numbered() == []
