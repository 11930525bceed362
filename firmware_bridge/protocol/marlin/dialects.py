"""Firmwares that speak like Marlin, where they differ in what a sender may rely on. How each words its answers is in
`replies.REPLIES`."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """`sign` is found in the answer to M115. `one_line_why`: why no second line is ever let on its way.

    `never_asks`: it takes numbers and checksums off and asks for no line again, so that a lost one shows by nothing.
    `mute_at_work`: it says nothing while it homes, probes or moves, so that silence is no sign of death before
    `Timings.mute_s`. A pty tells at once when its firmware is gone; a USB chip may outlive its board. `heat_apart`: its
    `ok` to M105 says that the line came in, and its temperatures follow on a line of their own once it was executed.
    `error_ends`: by `Error:` it says that it did not do a line, or that a heater failed, and goes on. `last_resort`:
    what stops it where it hears nothing else."""

    name: str
    sign: re.Pattern[bytes]
    one_line_why: str = ""
    never_asks: bool = False
    mute_at_work: bool = False
    heat_apart: bool = False
    error_ends: bool = False
    last_resort: bytes = b""


DIALECTS = (
    # klippy/gcode.py, `_process_commands`.
    Dialect(
        "Klipper",
        re.compile(rb"\bKlipper\b"),
        "Klipper never asks for a line again",
        never_asks=True,
        mute_at_work=True,
        last_resort=b"M112\n",
    ),
    # `StringParser::LineFinished` throws a damaged line away without a word, and compares no numbers.
    Dialect(
        "RepRapFirmware",
        re.compile(rb"\bRepRapFirmware\b"),
        "RepRapFirmware never asks for a line again",
        never_asks=True,
        mute_at_work=True,
        error_ends=True,
    ),
    # gcode.cpp, `checkAndPushCommand`, and `Commands::printTemperatures`.
    Dialect("Repetier", re.compile(rb"\bRepetier"), "Repetier does not say what its buffers hold", heat_apart=True),
    Dialect("Smoothie", re.compile(rb"\bSmoothie"), "Smoothie does not say what its buffers hold", mute_at_work=True),
    Dialect("Prusa", re.compile(rb"\bPrusa-Firmware\b")),
    Dialect("Marlin", re.compile(rb"\bMarlin\b")),
)
UNTOLD = Dialect("a firmware that has not said its name", re.compile(rb"(?!)"))
UNKNOWN = Dialect("an unknown firmware", re.compile(rb""), "it is no firmware whose buffers are known")


def dialect_of(identity: bytes) -> Dialect:
    """By the text after FIRMWARE_NAME; some name Marlin too, as what they descend from, so the order counts."""
    return next((dialect for dialect in DIALECTS if dialect.sign.search(identity)), UNKNOWN)
