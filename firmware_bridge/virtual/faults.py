"""A bad cable, and a bad day: what a virtual machine does wrong on demand, repeatably."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Faults:
    """0 means never. `*_every` counts lines on the wire, `*_after` names a program line."""

    flip_every: int = 0
    """One bit of one byte, in every nth line towards the machine."""
    drop_every: int = 0
    """One byte, in every nth line towards the machine."""
    lose_ok_every: int = 0
    double_ok_every: int = 0
    reset_after: int = 0
    """Once that program line was executed, the firmware restarts."""
    halt_after: int = 0
    vanish_after: int = 0
    """Once that program line was executed, the port is gone."""
    heater_fails_after: int = 0
    """Once that program line was executed, the hot end gets power and no warmer: it cools."""
    sensor_sticks_after: int = 0
    """Once that program line was executed, the hot end's sensor says what it says now, for ever."""
    sensor_drops_after: int = 0
    """Once that program line was executed, the hot end's sensor is open."""
    seed: int = 1


class Wire:
    """Bytes as they arrive at the other end."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._random = random.Random(faults.seed)  # noqa: S311 (noise, not secrets)
        self._lines_in = self._oks_out = 0
        self._victims: list[tuple[int, bool]] = []
        self._offset = 0
        self._start_line()

    def inbound(self, data: bytes) -> bytes:
        """Towards the machine."""
        if not (self._faults.flip_every or self._faults.drop_every):
            return data
        out = bytearray()
        for byte in data:
            hit = next((drop for offset, drop in self._victims if self._offset >= offset or byte == 10), None)
            self._offset += 1
            if hit is None:
                out.append(byte)
            else:
                self._victims.pop()
                if not hit:
                    out.append(byte ^ 1 << self._random.randrange(8))
            if byte == 10:
                self._start_line()
        return bytes(out)

    def outbound(self, data: bytes) -> bytes:
        """Towards the host; whole lines."""
        if not (self._faults.lose_ok_every or self._faults.double_ok_every):
            return data
        return b"".join(line * self._times(line) for line in data.splitlines(keepends=True))

    def _times(self, line: bytes) -> int:
        if not line.startswith(b"ok"):
            return 1
        self._oks_out += 1
        if _due(self._oks_out, self._faults.lose_ok_every):
            return 0
        return 2 if _due(self._oks_out, self._faults.double_ok_every) else 1

    def _start_line(self) -> None:
        self._lines_in += 1
        self._offset = 0
        drop = _due(self._lines_in, self._faults.drop_every)
        hit = drop or _due(self._lines_in, self._faults.flip_every)
        self._victims = [(self._random.randrange(24), drop)] if hit else []


def _due(count: int, every: int) -> bool:
    return every > 0 and count % every == 0
