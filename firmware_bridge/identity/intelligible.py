"""Whether what came in at some rate is a firmware talking: the rule that chooses a rate, without any port."""

import re
from dataclasses import dataclass

RATES = (115_200, 250_000, 57_600, 230_400, 500_000, 1_000_000, 38_400, 19_200, 9_600)
"""In the order in which they are tried: Marlin's and Grbl's defaults first."""
PROBE = b"\n_\n"
"""An empty line, which Grbl answers, and a command there is not, which each firmware says in its own words.

Read at a wrong rate `M105` holds Grbl's soft reset (0x18: each "0" does, at twice the rate); these bytes hold none of
its real-time commands at any two of the rates."""

# A whole line must fit, so that noise is never taken for a word. The first that fits counts.
_LINES: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"ok .*T\d?:.*"), "marlin"),
    (re.compile(rb"ok( N\d+)?( P\d+ B\d+)?"), ""),
    (re.compile(rb"start|wait|(echo|Error|FIRMWARE_NAME):.*|(Resend|rs):? ?\d+|// ?.*"), "marlin"),
    (re.compile(rb" ?T\d?:-?\d+\.?\d* ?/.*"), "marlin"),
    (re.compile(rb"(?i:grbl(hal)?) \d.*"), "grbl"),
    (re.compile(rb"error: ?\S.*|ALARM:\d+"), "grbl"),
    (re.compile(rb"<(Idle|Run|Hold|Jog|Alarm|Door|Check|Home|Sleep|Tool)\b.*>"), "grbl"),
    (re.compile(rb"\[(MSG|VER|OPT|GC|HLP):.*\]"), "grbl"),
)
_PRINTABLE = re.compile(rb"[\t\x20-\x7e]*")


@dataclass(frozen=True)
class Verdict:
    """`understood`: a firmware talks at this rate; `firmware` which, empty while only an `ok` was heard."""

    heard: bool
    understood: bool = False
    firmware: str = ""


def judge(received: bytes) -> Verdict:
    """The verdict on all that came in at one rate. What follows the last line end is not judged yet."""
    understood, firmware = False, ""
    for raw in received.split(b"\n")[:-1]:
        line = raw.rstrip(b"\r")
        if not _PRINTABLE.fullmatch(line):
            continue
        for pattern, speaks in _LINES:
            if pattern.fullmatch(line):
                understood, firmware = True, firmware or speaks
                break
    return Verdict(bool(received), understood, firmware)
