"""A conversation with a scripted Grbl firmware, in virtual time."""

from firmware_bridge.protocol.grbl.sender import Grbl
from firmware_bridge.protocol.grbl.states import State
from tests.unit.firmware_bridge.protocol.commands import Commands

WELCOME = "Grbl 1.1h ['$' for help]"
SETTINGS = {10: 3, 13: 0, 20: 1, 22: 1, 30: 12000, 32: 0, 130: 300, 131: 180, 132: 45}
OFFSETS = [
    "[G54:-300.000,-180.000,-45.000]",
    "[G92:0.000,0.000,0.000]",
    "[TLO:0.000]",
    "[PRB:0.000,0.000,0.000:0]",
    "ok",
]
MODES = "[GC:G1 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]"


def status(state: str, **fields: str) -> str:
    return (
        f"<{state}|MPos:0.000,0.000,0.000|FS:0,0" + "".join(f"|{name}:{value}" for name, value in fields.items()) + ">"
    )


class Talk:
    """What is asked by `?` and 0x87 is left out of what the sender says, and counted."""

    def __init__(self, commands=(b"G21", b"G1 X1 F600", b"M5"), expected=None, found=None, begin=True) -> None:
        self.program = Commands(commands)
        self.grbl = Grbl(self.program, None, found, expected=expected)
        self.now = 100.0
        self.asked: list[float] = []
        self.asked_all = 0
        if begin:
            self.grbl.begin(self.now)

    def say(self) -> bytes:
        out = self.grbl.send(self.now)
        self.asked += [self.now] * out.count(b"?")
        self.asked_all += out.count(b"\x87")
        return out.replace(b"?", b"").replace(b"\x87", b"")

    def hear(self, *lines: str, after: float = 0.001) -> bytes:
        self.now += after
        self.grbl.feed("".join(f"{line}\r\n" for line in lines).encode(), self.now)
        return self.say()

    def wait(self, seconds: float) -> bytes:
        """As its shell does it: whenever it wants to be woken."""
        out, until = b"", self.now + seconds
        while not self.grbl.over:
            out += self.say()
            if self.grbl.wake_at > until:
                break
            self.now = max(self.now, self.grbl.wake_at)
        self.now = max(until, self.now)
        return out

    def until_check(self, settings=None, **fields: str) -> bytes:
        """Up to the first bytes of the rehearsal."""
        assert self.say() == b""
        assert self.asked == [100.0]
        assert self.hear(status("Idle", **fields)) == b"$I\n"
        assert self.hear("[VER:1.1h.20190830:]", "[OPT:V,15,128]", "ok") == b"$$\n"
        numbers = {**SETTINGS, **(settings or {})}
        assert self.hear(*(f"${number}={value}" for number, value in numbers.items()), "ok") == b"$#\n"
        said = self.hear(*OFFSETS)
        return said if said != b"$C\n" else self.hear("[MSG:Enabled]", "ok", status("Check", **fields))

    def answer_all(self, said: bytes) -> bytes:
        """An `ok` for each line, and its modes for each `$G`, until it says nothing more."""
        everything = b""
        while said and self.grbl.state in (State.REHEARSING, State.CUTTING, State.SETTLING):
            everything += said
            said = self.hear(*(x for line in said.splitlines() for x in ([MODES, "ok"] if line == b"$G" else ["ok"])))
            said = said or self.wait(0.3)
        return everything + said
