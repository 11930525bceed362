"""Marlin's answers (`gcode/host/M115.cpp`, `gcode/control/M211.cpp`, `module/settings.cpp`) → `Identity`.

From 1.1 to 2.1 the words around the numbers changed, the G-code in them did not.
"""

import re

from firmware_bridge.identity.identity import Answers, Identity, Travel

QUESTIONS = ("M115", "M503", "M211", "M105")
DEFAULT_UUID = "cede2a2f-41a2-4748-9b12-c55c62f367ff"
"""`DEFAULT_MACHINE_UUID`: every firmware that was built without one of its own says it."""

_FIELD = re.compile(r"(?:^|(?<=\s))([A-Z][A-Z_]+):(.*?)(?=\s+[A-Z][A-Z_]+:|$)")
_CAPABILITY = re.compile(r"Cap:([A-Z0-9_]+):([01])\s*$")
_SETTING = re.compile(r"(?:echo:)*\s*(M\d+)((?:\s+[A-Z]-?\d+(?:\.\d+)?)+)")
_WORD = re.compile(r"([A-Z])(-?\d+(?:\.\d+)?)")
_TRIPLE = r"X\s*(-?[\d.]+)\s+Y\s*(-?[\d.]+)\s+Z\s*(-?[\d.]+)"
_ENDS = re.compile(rf"Min:\s*{_TRIPLE}.*?Max:\s*{_TRIPLE}")
_ENFORCED = re.compile(r"M211 S([01])|[Ss]oft endstops:\s*(ON|OFF)", re.IGNORECASE)
_AREA = re.compile(
    r"full:\{min:\{x:(-?[\d.]+),y:(-?[\d.]+),z:(-?[\d.]+)\},max:\{x:(-?[\d.]+),y:(-?[\d.]+),z:(-?[\d.]+)"
)
_BED = re.compile(r"(?<!\S)B:\s*-?\d")


def read_marlin(answers: Answers) -> Identity:
    """What the four answers say; each may be missing, as of a firmware that does not know the question."""
    about = answers.get("M115", ())
    first = next((line for line in about if "FIRMWARE_NAME:" in line), "")
    fields: dict[str, str] = dict(_FIELD.findall(first))
    motion = settings(answers)
    heat = " ".join(answers.get("M105", ()))
    ends = " ".join(answers.get("M211", ()))
    enforced = _ENFORCED.search(ends)
    uuid = fields.get("UUID", "").strip().lower()
    count = fields.get("EXTRUDER_COUNT", "")
    return Identity(
        firmware="marlin",
        version=" ".join(filter(None, (fields.get("FIRMWARE_NAME", "").strip(), fields.get("FIRMWARE_VERSION", "")))),
        machine=fields.get("MACHINE_TYPE", fields.get("MACHINE_NAME", "")).strip(),
        uuid="" if uuid == DEFAULT_UUID else uuid,
        capabilities={match[1]: match[2] == "1" for match in map(_CAPABILITY.match, about) if match},
        extruders=int(count) if count.isdecimal() else None,
        has_bed=bool(_BED.search(heat)) if heat else None,
        # Its diagonal rod and its height; the M665 of a SCARA has neither.
        is_delta={"L", "H"} <= motion.get("M665", {}).keys(),
        travel=_travel(ends) or _travel(" ".join(about)),
        travel_enforced=(enforced[1] or enforced[2]).upper() in ("1", "ON") if enforced else None,
        feed_max_mm_min={axis: value * 60 for axis, value in motion.get("M203", {}).items() if axis in "XYZ"},
        acceleration_max_mm_s2={axis: value for axis, value in motion.get("M201", {}).items() if axis in "XYZ"},
    )


def settings(answers: Answers) -> dict[str, dict[str, float]]:
    """The G-code of an M503's answer: `{"M203": {"X": 500.0, …}}`. Of several lines of one code the first counts."""
    found: dict[str, dict[str, float]] = {}
    for line in answers.get("M503", ()):
        if match := _SETTING.match(line):
            found.setdefault(match[1], {word: float(value) for word, value in _WORD.findall(match[2])})
    return found


def _travel(text: str) -> dict[str, Travel]:
    match = _ENDS.search(text) or _AREA.search(text)
    if match is None:
        return {}
    numbers = [float(each) for each in match.groups()]
    return {axis: Travel(numbers[at], numbers[at + 3]) for at, axis in enumerate("XYZ")}
