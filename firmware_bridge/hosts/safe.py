"""A host's machine switched off: our job cancelled, heaters off, and the host's word for it."""

import time
from collections.abc import Callable

from firmware_bridge.errors import LinkLost, MachineError
from firmware_bridge.hosts.host import Host, Phase

STEP_S = 0.2
CANCEL_AGAIN_S = 5.0
WITHIN_S = 15.0
"""Less than the agent waits for a process that it has told to stop."""


def make_safe(
    host: Host,
    ours: Callable[[str], bool],
    *,
    within_s: float = WITHIN_S,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Returns once the machine is idle and no heater has a target, or when it prints what is not ours.

    What its owner prints there is the owner's business and is never touched. Raises `LinkLost` when the host has not
    confirmed it within `within_s`.
    """
    deadline = clock() + within_s
    cancel_at, told_off = clock(), False
    while True:
        try:
            seen = host.look()
            if seen.phase.busy:
                if seen.job and not ours(seen.job):
                    return
                so_far = "it still works on the job that it was told to cancel"
                if not seen.job:
                    so_far = "it works and does not say on what"
                elif clock() >= cancel_at:
                    cancel_at = clock() + CANCEL_AGAIN_S
                    host.cancel()
            elif seen.phase is Phase.ABSENT:
                so_far = seen.says or "it has no machine"
            elif told_off and seen.cold:
                return
            else:
                so_far = "its heaters are not off yet"
                host.heaters_off()
                told_off = True
        except MachineError as error:
            so_far = str(error)
        if clock() > deadline:
            raise LinkLost(f"{host.name}: {so_far}")
        wait(STEP_S)
