"""Grbl 1.1's and grblHAL's answers (`doc/markdown/interface.md`, `doc/markdown/settings.md`) → `Identity`."""

import re

from firmware_bridge.identity.identity import Answers, Identity, Travel

QUESTIONS = ("$I", "$$", "$#")

_SETTING = re.compile(r"\$(\d+)=([^ (]*)")
_BRACKETS = re.compile(r"\[(\w+):(.*)\]")
AXES = "XYZ"


def read_grbl(answers: Answers) -> Identity:
    """What the three answers say. Grbl tells travel and maxima by number: `$110` is X's feed, `$131` Y's travel."""
    told = {match[1]: match[2] for match in map(_BRACKETS.match, answers.get("$I", ())) if match}
    version, _, build = told.get("VER", "").partition(":")
    options = told.get("OPT", "").split(",")
    named = {match[1]: match[2] for match in map(_SETTING.match, answers.get("$$", ())) if match}
    numbers = {int(number): float(value) for number, value in named.items() if _is_number(value)}

    def by_axis(first: int) -> dict[str, float]:
        return {axis: numbers[first + at] for at, axis in enumerate(AXES) if first + at in numbers}

    return Identity(
        firmware="grbl",
        version=" ".join(filter(None, (told.get("FIRMWARE", "Grbl"), version))),
        machine=told.get("BOARD", ""),
        build=build.strip(),
        capabilities=dict.fromkeys(options[0], True),
        extruders=0,
        travel={axis: Travel(0.0, length) for axis, length in by_axis(130).items()},
        travel_enforced=numbers[20] == 1 if 20 in numbers else None,
        feed_max_mm_min=by_axis(110),
        acceleration_max_mm_s2=by_axis(120),
        spindle_max_rpm=numbers.get(30),
        receive_bytes=int(options[2]) if len(options) > 2 and options[2].isdecimal() else None,
        settings={f"${number}": value for number, value in named.items()},
        offsets={match[1]: _numbers(match[2]) for match in map(_BRACKETS.match, answers.get("$#", ())) if match},
    )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _numbers(text: str) -> list[float]:
    """`0.000,0.000,0.000` and the probe's `0.000,0.000,0.000:1`, whose last is whether it touched."""
    return [float(each) for each in text.partition(":")[0].split(",") if _is_number(each)]
