"""What a Grbl says of its settings, and why it may not be given a program."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from firmware_bridge.protocol.grbl.lines import QUESTIONS
from firmware_bridge.protocol.grbl.replies import Reply

ORDINARY_BYTES = 64
"""Of a receive buffer nobody has told the size of: half of the smallest there is."""
SOFT_LIMITS, HOMING, SPINDLE_MAX_RPM, LASER_MODE = 20, 22, 30, 32
TRAVEL = {"X": 130, "Y": 131, "Z": 132}
NEEDED = (SOFT_LIMITS, HOMING, SPINDLE_MAX_RPM, *TRAVEL.values())
SLACK = 1e-3


@dataclass(frozen=True)
class Expected:
    """What the owner's profile promises of the machine, mm and rpm; None is not compared."""

    travel_mm: tuple[float, float, float] | None = None
    spindle_max_rpm: float | None = None


@dataclass
class About:
    """Filled from `$I`, `$$` and `$#`. Offsets are mm (inches with `$13=1`) by name: G54 to G59, G92, TLO."""

    version: str = ""
    options: str = ""
    receive_bytes: int = ORDINARY_BYTES
    settings: dict[int, float] = field(default_factory=dict)
    offsets: dict[str, tuple[float, ...]] = field(default_factory=dict)
    has_options: bool = False
    told_size: bool = False

    def open_question(self) -> bytes | None:
        """The next one to ask; None when everything is known. Each answer is known by what is in it."""
        known = (
            self.has_options,
            all(number in self.settings for number in NEEDED),
            {"G54", "G92", "TLO"} <= self.offsets.keys(),
        )
        return next((question for question, is_known in zip(QUESTIONS, known, strict=True) if not is_known), None)

    def hear(self, reply: Reply, words: tuple[bytes, ...]) -> None:
        """What it says of itself; anything else is passed over."""
        match reply:
            case Reply.SETTING:
                self._hear_setting(*words)
            case Reply.OPTIONS:
                self._hear_options(words[0], words[2])
            case Reply.VERSION:
                self.version = words[0].decode("ascii", "replace")
            case Reply.OFFSET:
                self._hear_offset(*words)
            case _:
                pass

    def _hear_options(self, options: bytes, receive_bytes: bytes) -> None:
        self.options, self.has_options = options.decode("ascii", "replace"), True
        if receive_bytes:
            self.receive_bytes, self.told_size = int(receive_bytes), True

    def _hear_setting(self, number: bytes, value: bytes) -> None:
        with suppress(ValueError):  # garbled on its way, and asked again
            self.settings[int(number)] = float(value)

    def _hear_offset(self, name: bytes, values: bytes) -> None:
        with suppress(ValueError):
            self.offsets[name.decode()] = tuple(float(value) for value in values.split(b":")[0].split(b","))

    def why_not(self, expected: Expected) -> str:
        """Why this machine gets no program, all of it in words for its owner; empty when it may have one."""
        return "; ".join(self._objections(expected))

    def _objections(self, expected: Expected) -> Iterator[str]:
        settings = self.settings
        # In this order: soft limits are refused while homing is off (error:10, settings.c).
        if not int(settings[HOMING]) & 1:
            yield "homing is off: switch it on ($22=1) and home it"
        if not settings[SOFT_LIMITS]:
            yield "soft limits are off: switch them on ($20=1) and home it"
        if settings.get(LASER_MODE):
            yield "laser mode is on, which stops the spindle at every rapid: switch it off ($32=0)"
        for name, command in (("G92", "G92"), ("TLO", "G43.1")):
            if any(self.offsets[name]):
                yield (
                    f"it has an offset set by {command}, which checking the program clears: "
                    "set it in G54 (G10 L20 P1) instead"
                )
        for (axis, number), wanted_mm in zip(TRAVEL.items(), expected.travel_mm or (), strict=False):
            travel_mm = abs(settings[number])
            if travel_mm < wanted_mm - SLACK:
                yield (
                    f"its {axis} travels {travel_mm:g} mm (${number}) and the profile says {wanted_mm:g} mm: "
                    "correct whichever is wrong"
                )
        rpm, wanted_rpm = settings[SPINDLE_MAX_RPM], expected.spindle_max_rpm
        if wanted_rpm is not None and rpm < wanted_rpm - SLACK:
            yield (
                f"its spindle turns at {rpm:g} rpm at most ($30) and the profile says {wanted_rpm:g} rpm: "
                "correct whichever is wrong"
            )
