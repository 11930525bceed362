"""Firmwares that speak like Marlin, where they differ in what a sender may rely on. How each words its answers is in
`replies.REPLIES`."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """`sign` is found in the answer to M115. `one_line_why`: why no second line is ever let on its way."""

    name: str
    sign: re.Pattern[bytes]
    one_line_why: str = ""


DIALECTS = (
    # klippy/gcode.py takes numbers and checksums off without looking at them.
    Dialect("Klipper", re.compile(rb"\bKlipper\b"), "Klipper never asks for a line again"),
    Dialect("RepRapFirmware", re.compile(rb"\bRepRapFirmware\b"), "RepRapFirmware does not say what its buffers hold"),
    Dialect("Repetier", re.compile(rb"\bRepetier"), "Repetier does not say what its buffers hold"),
    Dialect("Smoothie", re.compile(rb"\bSmoothie"), "Smoothie does not say what its buffers hold"),
    Dialect("Prusa", re.compile(rb"\bPrusa-Firmware\b")),
    Dialect("Marlin", re.compile(rb"\bMarlin\b")),
)
UNKNOWN = Dialect("an unknown firmware", re.compile(rb""), "it is no firmware whose buffers are known")


def dialect_of(identity: bytes) -> Dialect:
    """By the text after FIRMWARE_NAME; some name Marlin too, as what they descend from, so the order counts."""
    return next((dialect for dialect in DIALECTS if dialect.sign.search(identity)), UNKNOWN)
