"""What a virtual Grbl answers to `$` commands and `?` (`report.c`, `system.c`)."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from firmware_bridge.virtual.grbl.blocks import COOLANT, DISTANCE, FEED_MODE, MOTION, OFFSETS, PLANE, SPINDLE, UNITS

if TYPE_CHECKING:
    from firmware_bridge.virtual.grbl import VirtualGrbl
    from firmware_bridge.virtual.grbl.router import Waits


class Mode(StrEnum):
    """What Grbl is in, apart from what moves."""

    NORMAL = ""
    CHECK = "Check"
    ALARM = "Alarm"
    DOOR = "Door"
    HOME = "Home"


SETTINGS: Mapping[int, float] = {
    0: 10,
    1: 25,
    2: 0,
    3: 0,
    4: 0,
    5: 0,
    6: 0,
    10: 3,
    11: 0.01,
    12: 0.002,
    13: 0,
    20: 1,
    21: 1,
    22: 1,
    23: 0,
    24: 25,
    25: 500,
    26: 250,
    27: 1,
    30: 12_000,
    31: 0,
    32: 0,
    **dict.fromkeys((100, 101, 102), 250),
    **dict.fromkeys((110, 111, 112), 3_000),
    **dict.fromkeys((120, 121, 122), 200),
}
TRAVEL = (130, 131, 132)
KNOWN = frozenset({*SETTINGS, *TRAVEL})
WHOLE = frozenset({*range(11), 13, *range(20, 24), 26, 32})
HOMED_BY_HAND = 32
"""In `$22` of grblHAL: `$H` takes the place where it stands for its home, there being no switches."""
BUFFER_STATE = 2
SEEK_MM_MIN = 25
IDLE_ERROR = 8


def report(machine: "VirtualGrbl", *, whole: bool) -> str:
    """`whole`, as grblHAL gives it when asked: also whether it is homed."""
    planner, router = machine.planner, machine.router
    fields = [state_of(machine), f"MPos:{_axes(planner.position)}"]
    if int(machine.numbers[10]) & BUFFER_STATE:
        fields.append(f"Bf:{planner.free},{machine.received.free}")
    fields.append(f"FS:{planner.speed_mm_min:.0f},{router.spindle_rpm * planner.spindle_share:.0f}")
    fields.append(f"WCO:{_axes(router.work_offset)}")
    shares = (planner.feed_share, planner.rapid_share, planner.spindle_share)
    fields.append("Ov:" + ",".join(f"{share * 100:.0f}" for share in shares))
    accessories = "S" * bool(router.spindle_rpm) + "F" * router.coolant
    if accessories:
        fields.append(f"A:{accessories}")
    if whole:
        fields.append(f"H:{int(machine.homed)}")
    return f"<{'|'.join(fields)}>"


def state_of(machine: "VirtualGrbl") -> str:
    if machine.mode is Mode.DOOR:
        return "Door:0" if machine.planner.at_rest else "Door:2"
    if machine.mode:
        return machine.mode.value
    if machine.planner.held:
        return "Hold:0" if machine.planner.at_rest else "Hold:1"
    return "Run" if machine.planner.moves else "Idle"


def is_idle(machine: "VirtualGrbl") -> bool:
    """Whether it takes what Grbl takes only while idle or in alarm (`system_execute_line`)."""
    return machine.mode in (Mode.NORMAL, Mode.ALARM) and not machine.planner.moves


def _axes(place: tuple[float, ...]) -> str:
    return ",".join(f"{value:.3f}" for value in place)


def _settings(machine: "VirtualGrbl") -> int:
    if machine.planner.moves:
        return IDLE_ERROR
    for number, value in sorted(machine.numbers.items()):
        machine.say(f"${number}={value:.0f}" if number in WHOLE else f"${number}={value:.3f}")
    return 0


def _offsets(machine: "VirtualGrbl") -> int:
    if not is_idle(machine):
        return IDLE_ERROR
    for name, place in machine.offsets.items():
        machine.say(f"[{name}:{_axes(place)}]")
    for name in ("G28", "G30"):
        machine.say(f"[{name}:{_axes(machine.router.stored.get(name, (0.0, 0.0, 0.0)))}]")
    machine.say(f"[G92:{_axes(machine.router.set_aside)}]")
    machine.say(f"[TLO:{machine.router.tool_offset_mm:.3f}]")
    machine.say("[PRB:0.000,0.000,0.000:0]")
    return 0


def _modes(machine: "VirtualGrbl") -> int:
    router = machine.router
    modes = " ".join(
        router.modes[group] for group in (MOTION, OFFSETS, PLANE, UNITS, DISTANCE, FEED_MODE, SPINDLE, COOLANT)
    )
    machine.say(f"[GC:{modes} T0 F{router.feed_mm_min:.0f} S{router.speed_rpm:.0f}]")
    return 0


def _build(machine: "VirtualGrbl") -> int:
    if not is_idle(machine):
        return IDLE_ERROR
    if machine.settings.hal:
        machine.say("[VER:1.1f.20260817:]")
        machine.say("[OPT:VNML+,100,1024,3,0]")
        machine.say("[FIRMWARE:grblHAL]")
    else:
        machine.say("[VER:1.1h.20190830:]")
        machine.say(f"[OPT:V,15,{machine.settings.receive_bytes}]")
    return 0


def _check_mode(machine: "VirtualGrbl") -> int:
    if machine.mode is Mode.CHECK:
        machine.say("[MSG:Disabled]")
        machine.mode = Mode.NORMAL
        return 0
    if machine.mode or machine.planner.moves:
        return IDLE_ERROR
    machine.say("[MSG:Enabled]")
    machine.mode = Mode.CHECK
    return 0


def _unlock(machine: "VirtualGrbl") -> int:
    if machine.mode is Mode.ALARM:
        machine.say("[MSG:Caution: Unlocked]")
        machine.mode = Mode.NORMAL
    return 0


def _home(machine: "VirtualGrbl") -> "int | Waits":
    if not machine.numbers[22]:
        return 5
    if not is_idle(machine):
        return IDLE_ERROR
    return _to_the_switches(machine)


def _to_the_switches(machine: "VirtualGrbl") -> "Waits":
    """Z first, then X and Y together, each by its whole travel, for nobody knows where it stands."""
    machine.mode = Mode.HOME
    x_mm, y_mm, z_mm = (machine.numbers[number] for number in TRAVEL)
    if machine.settings.hal and int(machine.numbers[22]) & HOMED_BY_HAND:
        x_mm = y_mm = z_mm = 0.0
    yield from machine.router.wait((z_mm + max(x_mm, y_mm)) / machine.numbers[SEEK_MM_MIN] * 60)
    machine.mode, machine.homed = Mode.NORMAL, True
    pull_off_mm = -machine.numbers[27]
    machine.planner.position = machine.router.place = (pull_off_mm, pull_off_mm, pull_off_mm)


def _help(machine: "VirtualGrbl") -> int:
    machine.say("[HLP:$$ $# $G $I $N $x=val $Nx=line $J=line $SLP $C $X $H ~ ! ? ctrl-x]")
    return 0


ANSWERS: Mapping[str, Callable[["VirtualGrbl"], "int | Waits"]] = {
    "$": _help,
    "$$": _settings,
    "$#": _offsets,
    "$G": _modes,
    "$I": _build,
    "$C": _check_mode,
    "$X": _unlock,
    "$H": _home,
}
"""Each gives the number of its error, 0 for none, or what it waits for until it is done."""
