"""Host actions (`//action:…`, Marlin's `feature/host_actions.cpp`): what they ask of a sender, as data."""

from enum import Enum, auto

from firmware_bridge.protocol.conversation import Attention


class Action(Enum):
    PAUSED = auto()
    RESUMED = auto()
    STOP = auto()
    """Somebody ended the job at the machine."""
    POWER_LOST = auto()
    """Prusa's power panic: the machine was without power, and offers to go on by itself."""
    WANTED = auto()
    """Words for a person: the rest of the line."""
    UNWANTED = auto()
    """What was asked of a person is answered."""


ACTIONS: dict[str, Action] = {
    "pause": Action.PAUSED,
    "paused": Action.PAUSED,
    "resume": Action.RESUMED,
    "resumed": Action.RESUMED,
    "cancel": Action.STOP,
    "disconnect": Action.STOP,
    "poweroff": Action.STOP,
    "shutdown": Action.STOP,
    "uvlo_recovery_ready": Action.POWER_LOST,
    "uvlo_auto_recovery_ready": Action.POWER_LOST,
    "out_of_filament": Action.WANTED,
    "filament_runout": Action.WANTED,
    "notification": Action.WANTED,
    "prompt_begin": Action.WANTED,
    "prompt_end": Action.UNWANTED,
}


def read_action(detail: bytes) -> tuple[Action | None, str]:
    """What follows `//action:` → what it asks, and its words for a person; None for what a sender may ignore."""
    name, _, rest = detail.decode("ascii", "replace").partition(" ")
    return ACTIONS.get(name.strip()), rest.strip() or name.strip().replace("_", " ")


def heed(attention: Attention, action: Action, words: str) -> None:
    """Bring `attention` up to date by what the machine asks of a person."""
    match action:
        case Action.PAUSED:
            attention.paused = True
            attention.why = attention.why or "paused at the machine"
        case Action.RESUMED:
            attention.paused, attention.why = False, ""
        case Action.WANTED:
            attention.why = words
        case Action.UNWANTED:
            attention.why = ""
        case Action.STOP | Action.POWER_LOST:
            pass
