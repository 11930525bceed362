"""What a person is told of a run that pauses: one sentence, the same on the command line and on the page."""

from firmware_bridge.protocol.grbl.reports import ATTENTION, MAY_GO_ON, PROGRAM_PAUSE
from firmware_bridge.wire import Progress

_SAY_HOW = frozenset({PROGRAM_PAUSE, *ATTENTION.values()})
"""Each of a router's pauses says for itself what goes on from it; a printer says at most why it pauses."""


def why_wanted(progress: Progress | None) -> str:
    """Why a person is wanted at the machine, and what they can do; empty where nobody is."""
    if progress is None or not progress.paused or progress.attention in _SAY_HOW:
        return progress.attention if progress else ""
    return f"{progress.attention or 'it is paused'}: resume it there, or stop it"


def may_go_on(progress: Progress | None) -> bool:
    """Whether somebody here may answer as well: nobody has to reach into the machine first."""
    return progress is not None and progress.paused and progress.attention in MAY_GO_ON
