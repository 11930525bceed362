"""Which firmware says a line: what only one of them says, as data."""

import re

# A whole line must fit, so that noise is never taken for a word. The first that fits counts.
_LINES: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"ok .*T\d?:.*"), "marlin"),
    (re.compile(rb"ok \d+|Unknown command:.*|skip \d+"), "marlin"),  # Repetier
    (re.compile(rb"ok( N\d+)?( P\d+ B\d+)?"), ""),
    (re.compile(rb"start|wait|(echo|Error|FIRMWARE_NAME):.*|(Resend|rs):? ?\d+|// ?.*"), "marlin"),
    (re.compile(rb" ?T\d?: ?-?\d+\.?\d* ?[/BEW@].*"), "marlin"),
    (re.compile(rb"(?i:grbl(hal)?) \d.*"), "grbl"),
    (re.compile(rb"error: ?\S.*|ALARM: ?\d+"), "grbl"),
    (re.compile(rb"<(Idle|Run|Hold|Jog|Alarm|Door|Check|Home|Sleep|Tool)\b.*>"), "grbl"),
    (re.compile(rb"\[(MSG|VER|OPT|GC|HLP):.*\]"), "grbl"),
)
_PRINTABLE = re.compile(rb"[\t\x20-\x7e]*")


def speaker(line: bytes) -> str | None:
    """The firmware that says such a line (without its line feed); empty where more than one does, None where none."""
    text = line.rstrip(b"\r")
    if not _PRINTABLE.fullmatch(text):
        return None
    return next((firmware for pattern, firmware in _LINES if pattern.fullmatch(text)), None)
