"""The profile that a machine's answers suggest, for its owner to confirm: every value says where it came from."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import tomli_w

from firmware_bridge.identity.identity import Identity, Travel
from firmware_bridge.machine import Limits, Link, MachineProfile, Volume
from firmware_bridge.text import brief
from firmware_bridge.transport.ports import BY_ID

KNOWN = {
    "": MachineProfile.__struct_fields__,
    "volume": Volume.__struct_fields__,
    "limits": Limits.__struct_fields__,
    "link": Link.__struct_fields__,
}


@dataclass(frozen=True)
class Reached:
    """How the machine was reached: what `[link]` is made of. `why` is said of the port's name."""

    port: str
    why: str
    baud: int
    fingerprint: str


@dataclass(frozen=True)
class Suggestion:
    """`table` is empty for the profile itself; `sure` is false for what the owner has to fill in."""

    table: str
    key: str
    value: str | float
    why: str
    sure: bool = True


HEAD = """\
# What {machine} said of itself. Look at every line: the bridge holds programs against them, and only you know
# {bounds} and whether its travel is free of clamps. Then put it into the bridge's machines folder.
"""


MATERIALS = """
# [[materials]]       # one such table for each that it has, at the temperatures that you print it at
# name = "PLA"        # yours to say
# hotend_c = 205.0    # yours to say
# bed_c = 60.0        # yours to say
"""


WORK_ZERO = """
# [milling]           # your work zero (G54), counted from the low end of each axis{now}
# zero_x_mm = 0.0     # yours to say
# zero_y_mm = 0.0     # yours to say
# zero_z_mm = 25.0    # yours to say: how far the tool may go below it
# safe_z_mm = 3.0     # yours to say: from here on nothing is in the way of a tool

# [[materials]]       # one such table for each that you mill
# name = "MDF"        # yours to say
"""


def suggest(identity: Identity, reached: Reached) -> str:
    """A profile as TOML, which `MachineProfile.parse` takes as it is."""
    bounds = "how fast its tools may turn" if identity.extruders == 0 else "how hot it may get"
    lines = [HEAD.format(machine=_shown(identity.machine or identity.version or "this machine"), bounds=bounds)]
    for table, suggestions in groupby(_suggestions(identity, reached), key=lambda each: each.table):
        lines += [f"\n[{table}]\n"] if table else []
        lines += [_line(each) for each in suggestions]
    return "".join(lines) + (_work_zero(identity) if identity.extruders == 0 else MATERIALS)


def _work_zero(identity: Identity) -> str:
    place = " ".join(f"{axis}{at:g}" for axis, at in zip("XYZ", identity.offsets.get("G54", ()), strict=False))
    return WORK_ZERO.format(now=f"; $# has it at {place} of the machine's own" if place else "")


def _line(suggestion: Suggestion) -> str:
    assignment = tomli_w.dumps({suggestion.key: suggestion.value}).strip()
    # What this version's profile does not know yet, the owner should read all the same.
    mark = "" if suggestion.sure and suggestion.key in KNOWN[suggestion.table] else "# "
    return f"{mark}{assignment}  # {_shown(suggestion.why)}\n"


def _shown(text: str) -> str:
    """On one line, as a comment of TOML must be."""
    return brief(text, 200)


def _suggestions(identity: Identity, reached: Reached) -> Iterator[Suggestion]:
    for rule in (_head, _volume, _limits):
        yield from rule(identity)
    yield from _link(reached)


def _head(identity: Identity) -> Iterator[Suggestion]:
    said = {"marlin": ("MACHINE_TYPE of M115", "M115"), "grbl": ("the text in $I", "$I")}[identity.firmware]
    name = identity.machine or identity.build
    yield Suggestion(
        "", "name", brief(name or f"my {identity.firmware} machine", 80), said[0] if name else "yours to say"
    )
    mills = identity.extruders == 0
    why = "it has no extruder" if mills else "it has an extruder" if identity.extruders else "a guess: it did not say"
    yield Suggestion("", "process", "milling" if mills else "fff", why)
    yield Suggestion("", "firmware", identity.firmware, f"{identity.version or 'its answer'}, from {said[1]}")


def _volume(identity: Identity) -> Iterator[Suggestion]:
    """Nothing beyond the ends that the firmware said; a bed about a centre is as large as its nearer ends allow. Where
    travel begins above 0, what lies between is suggested too, and said: no profile can leave it out.

    No firmware tells where its bed begins: what lies below 0 is taken to be beside it, unless it is half of all."""
    source = {"marlin": dict.fromkeys("XYZ", "M211"), "grbl": {"X": "$130", "Y": "$131", "Z": "$132"}}[
        identity.firmware
    ]
    held = {True: "", False: "; the firmware itself does not hold moves within it", None: ""}[identity.travel_enforced]
    across = {axis: _about_zero(identity.travel.get(axis)) for axis in "XY"}
    centred = all(_usable(size) for size in across.values())
    if is_round := centred and identity.is_delta:
        across = dict.fromkeys("XY", min(across.values()))
    for axis, default in zip("XYZ", (Volume().x_mm, Volume().y_mm, Volume().z_mm), strict=True):
        travel = identity.travel.get(axis)
        key = f"{axis.lower()}_mm"
        if travel is None or not _usable(travel.high):
            yield Suggestion("volume", key, default, "not told: measure it", sure=False)
        elif centred and axis != "Z":
            cut = across[axis] < travel.high - travel.low
            nearest = "; the nearest end counts on both sides" if cut else ""
            why = f"{source[axis]}: travel from {travel.low:g} to {travel.high:g}{nearest}{held}"
            yield Suggestion("volume", key, across[axis], why)
        else:
            least = f"{travel.low:g}, and no profile can say that less is not reached" if travel.low > 0 else "0"
            yield Suggestion("volume", key, travel.high, f"{source[axis]}: travel from {least}{held}")
            if _usable(-travel.low) and axis in _BELOW:
                why = f"{source[axis]}: down to {travel.low:g}; what of the rest is no bed either, only you know"
                yield Suggestion("volume", _BELOW[axis], -travel.low, why)
    if centred:
        yield Suggestion("volume", "origin", "centre", "its zero lies in the middle of its travel, or nearly so")
    if is_round:
        yield Suggestion("volume", "bed", "round", "M503 has M665, as a delta's does")


_BELOW = {"X": "left_mm", "Y": "front_mm"}


def _about_zero(travel: Travel | None) -> float:
    """What is reached to both sides of a zero in the middle, mm; 0 where it is at an end."""
    if travel is None or abs(travel.low + travel.high) >= travel.high / 10:
        return 0.0
    return 2 * min(-travel.low, travel.high)


def _limits(identity: Identity) -> Iterator[Suggestion]:
    codes = {"marlin": ("M203", "M201"), "grbl": ("$110, $111", "$120, $121")}[identity.firmware]
    for key, by_axis, code in (
        ("feed_max_mm_min", identity.feed_max_mm_min, codes[0]),
        ("acceleration_max_mm_s2", identity.acceleration_max_mm_s2, codes[1]),
    ):
        slower = min((by_axis[axis] for axis in "XY" if _usable(by_axis.get(axis, 0.0))), default=None)
        if slower is not None:
            yield Suggestion("limits", key, slower, f"{code}: the slower of X and Y")
    if identity.extruders != 0:
        yield Suggestion("limits", "hotend_max_c", Limits().hotend_max_c, "no firmware tells its limit", sure=False)
        if identity.has_bed is False:
            yield Suggestion("limits", "bed_max_c", 0.0, "M105 names no bed")
        else:
            yield Suggestion("limits", "bed_max_c", Limits().bed_max_c, "no firmware tells its limit", sure=False)
    if identity.spindle_max_rpm is not None and _usable(identity.spindle_max_rpm):
        yield Suggestion("limits", "spindle_max_rpm", identity.spindle_max_rpm, "$30")


def _usable(value: float) -> bool:
    """Within what a profile may hold; a firmware that was never set up tells 0, or nonsense."""
    return 0 < value <= 1_000_000


def _link(reached: Reached) -> Iterator[Suggestion]:
    yield Suggestion("link", "port", reached.port, reached.why)
    yield Suggestion("link", "baud", reached.baud, "the rate at which it was understood")
    if reached.fingerprint:
        kind = reached.fingerprint.partition(":")[0]
        # Calibration changes with the next tuning: worth that only where the name alone may mean another machine.
        needed = BY_ID not in reached.port or not kind.endswith("settings")
        yield Suggestion("link", "fingerprint", reached.fingerprint, WHY_FINGERPRINT[kind], sure=needed)


WHY_FINGERPRINT = {
    "marlin-uuid": "the UUID of M115: only this machine is taken for it",
    "marlin-settings": "its calibration in M503, for want of a UUID: identify it anew when you change that",
    "grbl-build": "the text in $I: only this machine is taken for it",
    "grbl-settings": "its settings in $$, for want of a text in $I: identify it anew when you change them",
}
