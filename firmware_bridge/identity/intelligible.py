"""Whether what came in at some rate is a firmware talking: the rule that chooses a rate, without any port."""

from dataclasses import dataclass

from firmware_bridge.protocol.words import speaker

RATES = (115_200, 250_000, 57_600, 230_400, 500_000, 1_000_000, 38_400, 19_200, 9_600)
"""In the order in which they are tried: Marlin's and Grbl's defaults first."""
PROBE = b"\n_\n"
"""An empty line, which Grbl answers, and a command there is not, which each firmware says in its own words.

Read at a wrong rate `M105` holds Grbl's soft reset (0x18: each "0" does, at twice the rate); these bytes hold none of
its real-time commands at any two of the rates."""


@dataclass(frozen=True)
class Verdict:
    """`understood`: a firmware talks at this rate; `firmware` which, empty while only an `ok` was heard."""

    heard: bool
    understood: bool = False
    firmware: str = ""


def judge(received: bytes) -> Verdict:
    """The verdict on all that came in at one rate. What follows the last line end is not judged yet."""
    understood, firmware = False, ""
    for line in received.split(b"\n")[:-1]:
        said_by = speaker(line)
        if said_by is not None:
            understood, firmware = True, firmware or said_by
    return Verdict(bool(received), understood, firmware)
