"""How a Marlin takes its lines (`gcode/queue.cpp`): numbers and checksums, an error that empties the receive buffer and
brings an `ok` of its own, a repeated line dropped without one, 96-byte lines, a queue of 4 commands behind a receive
buffer of 128 bytes.
"""

import re
from collections import deque
from collections.abc import Callable

QUEUE_LINES = 4
RECEIVE_BYTES = 128
LINE_BYTES = 95
_INTEGER = re.compile(rb"\s*([+-]?\d+)")


class CommandQueue:
    """`say` answers the host; `entering(line)` hears of each line without a number on its way in.

    `lines` are number and bare command; `began_at` is the number that the last `M110` gave.
    """

    def __init__(self, say: Callable[[str], None], entering: Callable[[bytes], None]) -> None:
        self._say, self._entering = say, entering
        self.lines: deque[tuple[int | None, bytes]] = deque()
        self.began_at = self._last_number = 0
        self._received = bytearray()

    def put(self, data: bytes) -> None:
        """What neither queue nor buffer can hold is lost, as on a UART."""
        self._received += data
        self.read()
        del self._received[RECEIVE_BYTES:]

    def read(self) -> None:
        """Takes lines out of the buffer as far as there is room."""
        received = self._received
        while len(self.lines) < QUEUE_LINES:
            end = received.find(b"\n")
            if end < 0:
                return
            line = bytes(received[:end]).partition(b";")[0].strip()[:LINE_BYTES]
            del received[: end + 1]
            if not line:
                continue
            number: int | None = None
            if line[:1] == b"N":
                number, command, problem = self._check(line)
                if problem:
                    self._ask_again(problem)
                    return
                if command is None:
                    continue
                line = command
            else:
                self._entering(line)
            self.lines.append((number, line))

    def _check(self, line: bytes) -> tuple[int | None, bytes | None, str]:
        """The number and the bare command; or what is wrong; or neither, for a repeated line."""
        resets = b"M110" in line
        # M110 N123: the number that counts is the later one.
        numbered = line[line.rfind(b"N") :] if resets and line.rfind(b"N") > 0 else line
        number = _leading_int(numbered[1:])
        if number != self._last_number + 1 and not resets:
            if self._last_number - 1 <= number <= self._last_number:
                return None, None, ""
            return None, None, "Line Number is not Last Line Number+1"
        body, star, claimed = line.rpartition(b"*")
        if not star:
            return None, None, "No Checksum with line number"
        checksum = 0
        for byte in body:
            checksum ^= byte
        if _leading_int(claimed) != checksum:
            return None, None, "checksum mismatch"
        self._last_number = number
        if resets:
            self.began_at = number
        return number, body[1:].lstrip(b"0123456789-").strip(), ""

    def _ask_again(self, problem: str) -> None:
        self._say(f"Error:{problem}, Last Line: {self._last_number}")
        self._received.clear()
        self._say(f"Resend: {self._last_number + 1}")
        self._say("ok")


def _leading_int(text: bytes) -> int:
    """C's `strtol`: the sign and digits it begins with, else 0."""
    found = _INTEGER.match(text)
    return int(found[1]) if found else 0
