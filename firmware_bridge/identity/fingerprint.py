"""What tells one machine from another of its kind, from its own answers alone.

A UUID or an owner's text in the firmware is the machine's for good. Where there is none, its calibration is taken:
two machines of one make differ by it once they were tuned, and two that were not cannot be told apart.
"""

import hashlib
from collections.abc import Callable, Mapping

from firmware_bridge.identity.grbl import read_grbl
from firmware_bridge.identity.identity import Answers
from firmware_bridge.identity.marlin import read_marlin, settings

SETTLED = ("M92", "M201", "M203", "M206", "M218", "M301", "M304", "M665", "M666")
"""What an owner calibrates once: steps, speeds, offsets, heater control. A probe's height changes by the week."""
UNSETTLED = ("$10", "$13")
"""What a sender may set for its own reports."""


def _marlin_uuid(answers: Answers) -> str:
    return read_marlin(answers).uuid


def _marlin_settings(answers: Answers) -> str:
    found, identity = settings(answers), read_marlin(answers)
    calibrated = [f"{code} {sorted(found[code].items())}" for code in SETTLED if code in found]
    return "\n".join([identity.machine, *calibrated]) if calibrated else ""


def _grbl_build(answers: Answers) -> str:
    return read_grbl(answers).build


def _grbl_settings(answers: Answers) -> str:
    return "\n".join(f"{name}={value}" for name, value in read_grbl(answers).settings.items() if name not in UNSETTLED)


KINDS: Mapping[str, tuple[tuple[str, ...], Callable[[Answers], str]]] = {
    "marlin-uuid": (("M115",), _marlin_uuid),
    "marlin-settings": (("M115", "M503"), _marlin_settings),
    "grbl-build": (("$I",), _grbl_build),
    "grbl-settings": (("$I", "$$"), _grbl_settings),
}
"""Kind → what must be asked for it, and what of the answers it is. Of a firmware's kinds the first that says anything
is used."""


def fingerprint(firmware: str, answers: Answers) -> str:
    """The machine's fingerprint, as a profile's `[link]` holds it; empty where its answers tell nothing."""
    kinds = (kind for kind in KINDS if kind.startswith(f"{firmware}-"))
    return next(filter(None, (of_kind(kind, answers) for kind in kinds)), "")


def of_kind(kind: str, answers: Answers) -> str:
    """Raises `KeyError` for a kind there is not."""
    said = KINDS[kind][1](answers)
    return f"{kind}:{hashlib.sha256(said.encode()).hexdigest()[:16]}" if said else ""
