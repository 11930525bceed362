"""A conversation with a scripted Marlin firmware, in virtual time."""

from firmware_bridge.protocol.marlin.framing import COUNT_BEFORE
from firmware_bridge.protocol.marlin.lines import SYNC
from firmware_bridge.protocol.marlin.sender import Marlin
from firmware_bridge.protocol.silence import Timings
from tests.unit.firmware_bridge.protocol.commands import Commands

QUIET = Timings().quiet_s + 0.001


class Talk:
    """What the firmware says is written out by the test."""

    def __init__(self, commands: list[bytes], **options) -> None:
        self.marlin = Marlin(Commands(commands), **options)
        self.now = 100.0
        self.marlin.begin(self.now)

    def hear(self, *lines: str, after: float = 0.001) -> bytes:
        self.now += after
        self.marlin.feed("".join(f"{line}\n" for line in lines).encode(), self.now)
        return self.marlin.send(self.now)

    def wait(self, seconds: float) -> bytes:
        self.now += seconds
        return self.marlin.send(self.now)

    def named(self, last: int) -> bytes:
        """The program's line `last` in answer to the question where it stands, and the `ok` behind it."""
        count = last + COUNT_BEFORE
        lines = ("Error:Line Number is not Last Line Number+1, Last Line: ", "Resend: ")
        assert self.hear(*(f"{line}{count + at}" for at, line in enumerate(lines))) == b""
        return self.hear("ok")

    def error(self, last: int) -> bytes:
        """An error after the program's line `last`, with all that follows it, and the quiet after it."""
        count = last + COUNT_BEFORE
        said = self.hear(f"Error:checksum mismatch, Last Line: {count}", f"Resend: {count + 1}", "ok")
        assert said == b""
        return self.wait(QUIET)

    def greet(self, *capabilities: str) -> bytes:
        """Up to the first bytes of the program's part."""
        assert self.marlin.send(self.now) == SYNC
        assert b"M105*" in self.hear("ok")
        assert self.error(0) == b"M115\n"
        return self.hear("FIRMWARE_NAME:Marlin", *(f"Cap:{name}:1" for name in capabilities), "ok")
