"""What a firmware says that went wrong, and what follows from it."""

from firmware_bridge.protocol.marlin.replies import Reply
from firmware_bridge.protocol.marlin.states import Judgement, Signal, State

POWER_LOST = "the power failed at the machine, which now offers to go on by itself: refuse that at its display"
CANCELLED = "cancelled at the machine"
STRANGER = "a machine with Grbl answers here: is it the right port? Otherwise say so, by --firmware grbl or its profile"
UNPROVEN = "line {line} was never answered, and this firmware asks for no line again: nobody knows whether it was taken"
UNHEARD = (
    "; is it switched on, does it wait for a reset since it was halted, and is the baud rate right (--baud auto finds"
    " it out)?"
)


def judge(reply: Reply, said: str, state: State, *, error_ends: bool, runs_on: bool) -> Judgement | None:
    """A reply of `TROUBLE` in this state; None for what ends nothing. `error_ends`: as the dialect has it.

    `runs_on`: it was given something to do, now or by the run that is gone on with, and does what comes behind a line
    that it leaves out: it is told to stop.
    """
    left_out = Signal.STOP if runs_on else Signal.HALT
    match reply:
        case Reply.SHUT_DOWN if state is State.STOPPING:
            return Signal.COLD, ""
        case Reply.RESTARTED:
            return Signal.RESTART, "the firmware restarted in mid-job (power supply, reset, watchdog?)"
        case Reply.HALTED:
            return Signal.HALT, _without_name(said)
        case Reply.UNKNOWN_MOVE if state is State.PRINTING:
            return left_out, f"the firmware does not know {said}, which the program moves by"
        # Marlin's errors are not that: a line that arrived damaged names itself as well; the rest is for the log.
        case Reply.FAILED | Reply.ERROR if state is not State.STOPPING and (error_ends or reply is Reply.FAILED):
            return left_out, _without_name(said)
    return None


def _without_name(said: str) -> str:
    return said.removeprefix("Error:").strip()
