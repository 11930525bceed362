"""Waiting for heat before the line that would wait for it.

A firmware in an M109 hears nothing until it is warm, unless it has an emergency parser. So the heater is set with an
M104 of the bridge's own, temperatures are read, and the M109 goes out when the target is near: until then a stop is
obeyed at once. An M104 without number may be damaged on its way: the target that is read back must be the one wanted.
"""

from dataclasses import dataclass

from firmware_bridge.protocol.conversation import Temperatures

NEAR_C = 3.0
_SETS = {b"M109": b"M104", b"M190": b"M140"}


@dataclass(frozen=True)
class Warmup:
    """What a line waits for. `set_line` is the bridge's own."""

    set_line: bytes
    is_bed: bool
    target_c: float
    cools_too: bool
    """R instead of S: the line would wait for cooling as well."""

    def is_set(self, temperatures: Temperatures) -> bool:
        target_c = temperatures.bed_target_c if self.is_bed else temperatures.hotend_target_c
        return target_c is not None and abs(target_c - self.target_c) < 1

    def is_near(self, temperatures: Temperatures) -> bool:
        """Also where no temperature is known: then the line itself has to wait."""
        now_c = temperatures.bed_c if self.is_bed else temperatures.hotend_c
        if now_c is None:
            return True
        below_c = self.target_c - now_c
        return below_c <= NEAR_C and (not self.cools_too or below_c >= -NEAR_C)


def warmup(command: bytes) -> Warmup | None:
    """What a canonical line waits for; None for nearly all."""
    name = command[:4]
    if name not in _SETS:
        return None
    words = command.split()[1:]
    target = next((word for word in words if word[:1] in b"SR"), b"")
    if len(target) < 2 or float(target[1:]) <= 0:
        return None
    tool = [word for word in words if word[:1] == b"T"]
    line = b" ".join([_SETS[name], b"S" + target[1:], *tool]) + b"\n"
    return Warmup(line, name == b"M190", float(target[1:]), target[:1] == b"R")
