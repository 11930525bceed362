"""The sender's states and every way between them, as data. Signals without a row change nothing."""

from enum import StrEnum, auto

from firmware_bridge.protocol.conversation import Ending


class State(StrEnum):
    """Where the conversation with a Marlin firmware stands."""

    LOCATING = "locating"
    """A line with a wrong number is out, so that a firmware in the middle of a program names its last line."""
    GREETING = "greeting"
    """M110 is out: count from here."""
    CHECKING = "checking"
    """A line with a wrong number is out, so that the firmware names the last one it accepted: it must be 0."""
    IDENTIFYING = "identifying"
    PRINTING = "printing"
    CLOSING = "closing"
    """The same question at the end: it must name the program's last line."""
    SETTLING = "settling"
    """Waiting until the last motion is over."""
    STOPPING = "stopping"

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

    OK = auto()
    OK_TEMPERATURE = auto()
    IN_PLACE = auto()
    """The firmware named the line that was expected."""
    OUT_OF_PLACE = auto()
    DRAINED = auto()
    """Nothing is left to send and everything is acknowledged."""
    SILENCE = auto()
    COLD = auto()
    """An answer to M105 with every target at 0."""
    RESTART = auto()
    HALT = auto()
    STOP = auto()
    GAVE_UP = auto()
    ELSEWHERE = auto()
    """The firmware stands at a line that was not possible."""
    STRANGER = auto()
    """Another firmware answers."""
    TOO_OFTEN = auto()
    """The same thing failed again and again."""


Judgement = tuple[Signal, str]
"""What happened, and the reason where that ends the job."""

LIVE = (
    State.LOCATING,
    State.GREETING,
    State.CHECKING,
    State.IDENTIFYING,
    State.PRINTING,
    State.CLOSING,
    State.SETTLING,
    State.STOPPING,
)
TRACKED = frozenset({State.IDENTIFYING, State.PRINTING, State.SETTLING})
"""Every line sent in these is acknowledged one by one; in the others the whole state asks one question."""

TRANSITIONS: dict[tuple[State, Signal], State] = {
    (State.LOCATING, Signal.IN_PLACE): State.IDENTIFYING,
    (State.LOCATING, Signal.SILENCE): State.LOCATING,
    (State.LOCATING, Signal.RESTART): State.RESTARTED,
    (State.LOCATING, Signal.ELSEWHERE): State.ELSEWHERE,
    (State.GREETING, Signal.OK): State.CHECKING,
    (State.GREETING, Signal.OUT_OF_PLACE): State.GREETING,
    (State.GREETING, Signal.SILENCE): State.GREETING,
    (State.GREETING, Signal.RESTART): State.GREETING,
    (State.CHECKING, Signal.IN_PLACE): State.IDENTIFYING,
    (State.CHECKING, Signal.OUT_OF_PLACE): State.GREETING,
    # The question itself is an M105: a firmware that executes it does not number lines.
    (State.CHECKING, Signal.OK_TEMPERATURE): State.IDENTIFYING,
    (State.CHECKING, Signal.SILENCE): State.CHECKING,
    (State.CHECKING, Signal.RESTART): State.GREETING,
    (State.IDENTIFYING, Signal.DRAINED): State.PRINTING,
    (State.IDENTIFYING, Signal.RESTART): State.GREETING,
    (State.PRINTING, Signal.OUT_OF_PLACE): State.PRINTING,
    (State.PRINTING, Signal.DRAINED): State.CLOSING,
    (State.PRINTING, Signal.RESTART): State.RESTARTED,
    (State.CLOSING, Signal.IN_PLACE): State.SETTLING,
    (State.CLOSING, Signal.OUT_OF_PLACE): State.PRINTING,
    # Only from a firmware that never named a line; from any other it is a late answer to a probe.
    (State.CLOSING, Signal.OK_TEMPERATURE): State.SETTLING,
    (State.CLOSING, Signal.SILENCE): State.CLOSING,
    (State.CLOSING, Signal.RESTART): State.RESTARTED,
    (State.SETTLING, Signal.DRAINED): State.FINISHED,
    (State.SETTLING, Signal.RESTART): State.RESTARTED,
    (State.STOPPING, Signal.COLD): State.STOPPED,
    (State.STOPPING, Signal.OUT_OF_PLACE): State.STOPPING,
    (State.STOPPING, Signal.RESTART): State.STOPPING,
    (State.STOPPING, Signal.GAVE_UP): State.UNCONFIRMED,
    **{(state, Signal.STRANGER): State.REFUSED for state in (State.GREETING, State.CHECKING, State.IDENTIFYING)},
    **{(state, Signal.HALT): State.HALTED for state in LIVE},
    **{(state, Signal.TOO_OFTEN): State.STUCK for state in LIVE if state is not State.STOPPING},
    **{(state, Signal.GAVE_UP): State.SILENT for state in LIVE if state is not State.STOPPING},
    **{(state, Signal.STOP): State.STOPPING for state in LIVE if state is not State.STOPPING},
}

ENDINGS: dict[State, Ending] = {state: Ending(state.value) for state in State if state not in LIVE}
