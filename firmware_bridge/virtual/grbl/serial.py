"""What a Grbl receives (`serial.c`): what finds no room in its buffer is lost, and so is what comes while the EEPROM is
written."""


class ReceiveBuffer:
    """`lost_bytes` found no room; `most_bytes` is the most that there ever was in it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.lost_bytes = self.most_bytes = 0
        self.clear()

    def clear(self) -> None:
        """As a reset does."""
        self._received, self._line = bytearray(), bytearray()
        self._deaf_until = -1.0

    @property
    def free(self) -> int:
        return self._size - len(self._received)

    def put(self, byte: int, now: float) -> None:
        if not self.free or now < self._deaf_until:
            self.lost_bytes += 1
            return
        self._received.append(byte)
        self.most_bytes = max(self.most_bytes, len(self._received))

    def ignore_until(self, moment: float) -> None:
        """The EEPROM is being written."""
        self._deaf_until = moment

    def line(self) -> bytes | None:
        """The next whole line; what there is of one is taken out of the buffer, and its rest waited for."""
        ends = (self._received.find(b"\n"), self._received.find(b"\r"))
        end = min((at for at in ends if at >= 0), default=-1)
        if end < 0:
            self._line += self._received
            self._received.clear()
            return None
        line = bytes(self._line + self._received[:end])
        self._line.clear()
        del self._received[: end + 1]
        return line
