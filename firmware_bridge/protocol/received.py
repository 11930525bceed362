"""Whole lines out of the bytes that come in."""

PARTIAL_BYTES = 4_096
"""Kept of a line whose end has not come yet."""


class Received:
    """`partial`: what came after the last line end."""

    def __init__(self) -> None:
        self.partial = b""

    def lines(self, data: bytes) -> list[bytes]:
        """Those that `data` completes, without their line feed."""
        *lines, rest = (self.partial + data).split(b"\n")
        self.partial = rest[-PARTIAL_BYTES:]
        return lines
