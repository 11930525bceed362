"""What the commons and the owner are told of a machine."""

from dataclasses import replace

import pytest

from firmware_bridge.agent.rules.world import Attempt, Bench, Hot, machine_state
from firmware_bridge.machine import Link
from firmware_bridge.wire import AttemptState, MachineState

HOT = Hot("marlin", Link(port="/dev/null"))


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
    assert machine_state(replace(world, attempts=attempts, **change), "ender") is state
