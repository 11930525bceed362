"""What a status report means, by the state that it is read in."""

from firmware_bridge.protocol.conversation import Attention
from firmware_bridge.protocol.grbl.replies import Status
from firmware_bridge.protocol.grbl.states import BEGINNING, RUNNING, UNCHECKED, Judgement, Signal, State

AT_REST = frozenset({("Hold", 0), ("Door", 0), ("Door", 1), ("Tool", None)})
AT_REST_BY_ITSELF = frozenset({"Idle", "Check", "Alarm", "Sleep"})
PAUSED = frozenset({"Hold", "Door", "Tool", "Sleep"})

HOME_IT = "home it (firmware-bridge home --port PORT)"
_BUSY = "it is in the middle of something; let it end, or stop it at the machine"
# Idle and Check are the ones a program may begin from.
WHY_NOT_BEGIN: dict[str, str] = {
    "Alarm": f"it is locked or not homed: {HOME_IT}; $X leaves its position unknown",
    "Run": _BUSY,
    "Hold": "it is held in the middle of something; resume or reset it at the machine",
    "Jog": _BUSY,
    "Home": _BUSY,
    "Door": "its safety door is open; close it and resume or reset it at the machine",
    "Sleep": f"it sleeps: {HOME_IT}, which wakes it",
    "Tool": "it waits for a tool change; finish or reset that at the machine",
}
NOT_HOMED = f"it was not homed: {HOME_IT}"
ATTENTION: dict[tuple[str, int | None], str] = {
    ("Hold", 0): "it is held: cycle start at the machine goes on",
    ("Hold", 1): "it is being held",
    ("Door", 0): "the safety door was open: cycle start at the machine goes on",
    ("Door", 1): "the safety door is open",
    ("Door", 2): "the safety door is open: it is stopping",
    ("Door", 3): "the safety door was open: it waits for the spindle and goes on",
    ("Tool", None): "it waits for a tool change: cycle start at the machine goes on",
    ("Sleep", None): "it fell asleep: it must be reset and homed",
}
"""By state and its number; a number that is not in the table is read as the state's first row."""
PROGRAM_PAUSE = "the program waits for you (M0): cycle start at the machine goes on"
MAY_GO_ON = frozenset({PROGRAM_PAUSE, ATTENTION["Hold", 0]})
"""What somebody here may answer as well: nobody has to reach into the machine first, as at a door or a tool."""


def attention(status: Status, *, in_program_pause: bool) -> Attention:
    """Of a program under way: whether it pauses, and why a person is wanted at the machine."""
    paused = status.state in PAUSED
    if in_program_pause and status.state == "Hold":
        return Attention(paused, PROGRAM_PAUSE, may_go_on=status.sub != 1)
    told = ATTENTION.get((status.state, status.sub))
    told = told or next((text for (state, _), text in ATTENTION.items() if state == status.state), "")
    return Attention(paused, told, may_go_on=told in MAY_GO_ON)


def judge(state: State, status: Status, *, settled: bool) -> Judgement | None:
    """What happened. `settled`: the report was written after what the state says was heard."""
    reported = status.state
    why_not = WHY_NOT_BEGIN.get(reported, "") if state in BEGINNING else ""
    # A grblHAL that was homed by hand (`$22`, bit 5) forgets it at the reset that ends the check
    # (`limits_set_homing_axes`, machine_limits.c): its position stays, and every line was held against its travel.
    if state in UNCHECKED and status.homed is False:
        why_not = why_not or NOT_HOMED
    if why_not:
        return Judgement(Signal.REFUSE, why_not)
    if state is State.HOLDING:
        at_rest = (reported, status.sub) in AT_REST or (settled and reported in AT_REST_BY_ITSELF)
        return Judgement(Signal.STILL) if at_rest else None
    if state is State.REHEARSING and reported != "Check":
        why = f"it left check mode by itself and is in state {reported}"
        return Judgement(Signal.WRONG, why, Signal.OFF_RESTARTED)
    if state in RUNNING and reported == "Alarm":
        return Judgement(Signal.ALARM, "it is locked by an alarm")
    if state in RUNNING and reported == "Check":
        return Judgement(Signal.WRONG, "it is in check mode and executes nothing", Signal.OFF_HALTED)
    return {"Idle": Judgement(Signal.IDLE), "Check": Judgement(Signal.CHECKING)}.get(reported)
