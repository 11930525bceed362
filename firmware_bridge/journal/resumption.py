"""Whether a run that was cut off may be gone on with, by what its journal says; the firmware is asked after that."""

import math

from firmware_bridge.errors import NotResumable
from firmware_bridge.journal.records import Run
from firmware_bridge.machine import MachineProfile
from firmware_bridge.protocol.conversation import Whereabouts
from firmware_bridge.protocol.firmwares import FIRMWARES


def resume_within_s(profile: MachineProfile) -> float:
    """How long nobody may have talked to a machine whose run is gone on with by itself; 0 is never."""
    firmware = FIRMWARES.get(profile.firmware)
    return profile.resume_limit_s if firmware is not None and firmware.numbers_lines else 0.0


def whereabouts(run: Run, *, now: float, within_s: float = math.inf) -> Whereabouts:
    """Between which lines the firmware must stand. `now` is in seconds since the epoch.

    `within_s` as from `resume_within_s`. Raises `NotResumable`, also where the clock was set back: then nobody knows
    how long it was.
    """
    if run.outcome == "given up":
        raise NotResumable(f"it was given up: {run.reason}")
    if run.switched_off and run.stopped:
        raise NotResumable(f"it was stopped, which loses the machine's position: {run.reason}")
    if run.switched_off:
        raise NotResumable(f"everything was switched off at its end, which loses the position: {run.reason}")
    if run.outcome == "finished":
        raise NotResumable("it was finished")
    silence_s = now - run.alive_at
    if within_s <= 0:
        raise NotResumable("nothing goes on by itself here (resume_within_s is 0, or its firmware numbers no lines)")
    if silence_s < 0 and within_s != math.inf:
        raise NotResumable("the clock was set back since, so nobody knows how long ago that was")
    if silence_s > within_s:
        raise NotResumable(f"that was {silence_s:.0f} s ago, and it may go on by itself within {within_s:g} s")
    return Whereabouts(acknowledged=run.acknowledged, reserved=run.reserved)
