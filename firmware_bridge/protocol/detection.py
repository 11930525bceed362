"""Which firmware is at the other end: asked only what every firmware here takes without doing anything.

Pure, as the protocols are: bytes and the time go in, bytes come out.
"""

import math

from firmware_bridge.protocol.received import Received
from firmware_bridge.protocol.words import speaker

# Grbl picks `?` out of any line and answers it at once; to Marlin it is an unknown command, as M115 is to Grbl. No
# line end stands before: what another host left unended would be executed, and so it only spoils a question.
QUESTIONS = (b"?$I\n", b"M115\n")
LISTEN_S = 0.3
"""A board that was reset by opening the port says so by itself."""
ASK_EVERY_S = 1.0
QUIET_S = 0.1
"""After its answer, so that nothing of it is left for the conversation."""
GIVE_UP_S = 15.0


class Detection:
    """`over` once it is known, or known that it is not: then `firmware` is a name or empty, and `reason` says why."""

    def __init__(self) -> None:
        self.firmware = self.reason = ""
        self.over = False
        self._found: dict[str, bytes] = {}
        self._received = Received()
        self._asked = 0
        self._ask_at = self._give_up_at = math.inf
        self._quiet_at = math.inf

    @property
    def wake_at(self) -> float:
        return self._quiet_at if self._found else min(self._ask_at, self._give_up_at)

    def begin(self, now: float) -> None:
        self._ask_at, self._give_up_at = now + LISTEN_S, now + GIVE_UP_S

    def feed(self, data: bytes, now: float) -> None:
        for line in self._received.lines(data):
            if firmware := speaker(line):
                self._found.setdefault(firmware, line.strip())
        if self._found:
            self._quiet_at = now + QUIET_S

    def send(self, now: float) -> bytes:
        """What to write now."""
        if self._found:
            if now >= self._quiet_at or now >= self._give_up_at:
                self._conclude()
        elif now >= self._give_up_at:
            self.over = True
            self.reason = (
                f"nothing here said within {GIVE_UP_S:g} s which firmware it is: check its power and the baud rate"
                " (--baud auto finds it out)"
            )
        elif now >= self._ask_at:
            self._ask_at = now + ASK_EVERY_S
            self._asked += 1
            return QUESTIONS[(self._asked - 1) % len(QUESTIONS)]
        return b""

    def _conclude(self) -> None:
        self.over = True
        if len(self._found) == 1:
            (self.firmware,) = self._found
        else:
            said = " and ".join(
                f"{line[:40].decode('ascii', 'replace')!r} as {name}" for name, line in self._found.items()
            )
            self.reason = f"it speaks like more than one firmware ({said})"
