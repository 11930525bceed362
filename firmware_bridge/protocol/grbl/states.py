"""The sender's states and every way between them, as data. Signals without a row change nothing."""

from enum import StrEnum, auto
from typing import NamedTuple

from firmware_bridge.protocol.conversation import Ending
from firmware_bridge.protocol.grbl.lines import CHECK_MODE, HOLD, RESET, SWITCH_OFF


class State(StrEnum):
    """Where the conversation with a Grbl firmware stands."""

    GREETING = "greeting"
    """Asked by `?`, which disturbs nothing, what it is doing."""
    READING = "reading"
    """`$I`, `$$` and `$#` are asked one after the other."""
    CLEARING = "clearing"
    """Reset out of a check mode that an earlier host left behind, in which nothing moves."""
    ENTERING = "entering"
    """`$C` is out. It toggles, so it is never sent twice without a reset in between."""
    REHEARSING = "rehearsing"
    """The whole program in check mode: nothing moves."""
    LEAVING = "leaving"
    """Reset out of check mode."""
    RETURNING = "returning"
    CUTTING = "cutting"
    SETTLING = "settling"
    """Waiting until the last motion is over."""
    CLOSING = "closing"
    HOLDING = "holding"
    """A feed hold is out: a reset before it stands still would lose its position."""
    ABORTING = "aborting"
    """Reset, which stops spindle and coolant too."""
    SWITCHING_OFF = "switching off"
    """M5 and M9 are out, and the question whether they are in force."""

    FINISHED = "finished"
    STOPPED = "stopped"
    UNCONFIRMED = "unconfirmed"
    HALTED = "halted"
    RESTARTED = "restarted"
    REFUSED = "refused"
    ELSEWHERE = "elsewhere"
    SILENT = "silent"
    STUCK = "stuck"


class Signal(StrEnum):
    """What happened, as far as the table is concerned."""

    IDLE = auto()
    """A status report says that it stands idle."""
    CHECKING = auto()
    """A status report says that it is in check mode."""
    WELCOME = auto()
    KNOWN = auto()
    """Everything asked was answered, and nothing speaks against the program."""
    REFUSE = auto()
    """Something speaks against the program, of which nothing was executed."""
    DRAINED = auto()
    """Nothing is left to send, and everything was taken."""
    WRONG = auto()
    """An error in the real run, or a state that it should not be in."""
    ALARM = auto()
    STILL = auto()
    LATE = auto()
    """What the state waits for did not come in its time."""
    STOP = auto()
    GAVE_UP = auto()
    TOO_OFTEN = auto()
    ELSEWHERE = auto()
    # Spindle and coolant are off, and why that was done.
    OFF_STOPPED = auto()
    OFF_HALTED = auto()
    OFF_RESTARTED = auto()
    OFF_REFUSED = auto()


class Judgement(NamedTuple):
    """What happened, and the reason where that ends the job; `verdict`: what the safe stop that follows ends as."""

    signal: Signal
    reason: str = ""
    verdict: Signal | None = None


BEFORE = (
    State.GREETING,
    State.READING,
    State.CLEARING,
    State.ENTERING,
    State.REHEARSING,
    State.LEAVING,
    State.RETURNING,
)
"""Nothing of the program was executed yet."""
UNCHECKED = (State.GREETING, State.READING, State.ENTERING)
BEGINNING = (*UNCHECKED, State.RETURNING)
"""Of those, the ones in which the machine must be free for a program."""
RUNNING = (State.CUTTING, State.SETTLING, State.CLOSING)
ENDING = (State.HOLDING, State.ABORTING, State.SWITCHING_OFF)
LIVE = (*BEFORE, *RUNNING, *ENDING)
TRACKED = frozenset({State.REHEARSING, State.CUTTING, State.SETTLING})
"""Lines are sent by counting what the receive buffer holds; in the others the whole state asks one question."""

PACKETS = {
    State.CLEARING: RESET,
    State.ENTERING: CHECK_MODE,
    State.LEAVING: RESET,
    State.HOLDING: HOLD,
    State.ABORTING: RESET,
    State.SWITCHING_OFF: SWITCH_OFF,
}
"""What goes out when a state is entered, and again when it is entered because it is late."""
LATE_S = {
    State.GREETING: 1.0,
    State.READING: 2.0,
    State.CLEARING: 1.0,
    State.ENTERING: 2.0,
    State.LEAVING: 1.0,
    State.RETURNING: 1.0,
    State.HOLDING: 5.0,
    State.ABORTING: 1.0,
    State.SWITCHING_OFF: 1.0,
}
"""A hold that does not come to rest is cut short, and the position with it: stopping matters more."""
ASKED_AT_ONCE = (State.GREETING, State.RETURNING, State.CLOSING, State.HOLDING)
NOT_ASKED = (State.CLEARING, State.LEAVING, State.ABORTING)
"""Where its state is asked for by `?` right away, and where not at all, since it resets; else every now and then."""

TRANSITIONS: dict[tuple[State, Signal], State] = {
    (State.GREETING, Signal.IDLE): State.READING,
    (State.GREETING, Signal.CHECKING): State.CLEARING,
    (State.GREETING, Signal.LATE): State.GREETING,
    (State.READING, Signal.KNOWN): State.ENTERING,
    (State.READING, Signal.LATE): State.READING,
    (State.READING, Signal.WELCOME): State.GREETING,
    (State.CLEARING, Signal.WELCOME): State.GREETING,
    (State.CLEARING, Signal.LATE): State.CLEARING,
    (State.ENTERING, Signal.CHECKING): State.REHEARSING,
    (State.ENTERING, Signal.WELCOME): State.GREETING,
    (State.ENTERING, Signal.LATE): State.CLEARING,
    (State.REHEARSING, Signal.DRAINED): State.LEAVING,
    (State.REHEARSING, Signal.WELCOME): State.HOLDING,
    (State.REHEARSING, Signal.WRONG): State.HOLDING,
    (State.LEAVING, Signal.WELCOME): State.RETURNING,
    (State.LEAVING, Signal.LATE): State.LEAVING,
    (State.RETURNING, Signal.IDLE): State.CUTTING,
    (State.RETURNING, Signal.CHECKING): State.LEAVING,
    (State.RETURNING, Signal.LATE): State.RETURNING,
    (State.CUTTING, Signal.DRAINED): State.SETTLING,
    (State.SETTLING, Signal.DRAINED): State.CLOSING,
    (State.CLOSING, Signal.IDLE): State.FINISHED,
    (State.HOLDING, Signal.STILL): State.ABORTING,
    (State.HOLDING, Signal.LATE): State.ABORTING,
    (State.ABORTING, Signal.WELCOME): State.SWITCHING_OFF,
    (State.ABORTING, Signal.LATE): State.ABORTING,
    # Held after all, or deaf again.
    (State.SWITCHING_OFF, Signal.LATE): State.ABORTING,
    (State.SWITCHING_OFF, Signal.OFF_STOPPED): State.STOPPED,
    (State.SWITCHING_OFF, Signal.OFF_HALTED): State.HALTED,
    (State.SWITCHING_OFF, Signal.OFF_RESTARTED): State.RESTARTED,
    (State.SWITCHING_OFF, Signal.OFF_REFUSED): State.REFUSED,
    **{(state, Signal.WRONG): State.HOLDING for state in RUNNING},
    **{(state, Signal.WELCOME): State.HOLDING for state in RUNNING},
    **{(state, Signal.ALARM): State.HALTED for state in RUNNING},
    **{(state, Signal.REFUSE): State.REFUSED for state in BEFORE},
    # In check mode it must be reset, or the next program would only be checked too.
    (State.REHEARSING, Signal.REFUSE): State.ABORTING,
    **{(state, Signal.STOP): State.HOLDING for state in (*BEFORE, *RUNNING)},
    **{(state, Signal.TOO_OFTEN): State.STUCK for state in (*BEFORE, *RUNNING)},
    **{(state, Signal.GAVE_UP): State.SILENT for state in (*BEFORE, *RUNNING)},
    **{(state, Signal.GAVE_UP): State.UNCONFIRMED for state in ENDING},
    (State.GREETING, Signal.ELSEWHERE): State.ELSEWHERE,
}

ENDINGS: dict[State, Ending] = {state: Ending(state.value) for state in State if state not in LIVE}
