"""A Grbl that answers by a script: one `ok` or `error:n` a line, empty ones too; `?` at any time."""

from tests.unit.firmware_bridge.identity.answers import GRBL

GREETING = b"\r\nGrbl 1.1h ['$' for help]\r\n"


class ScriptedGrbl:
    def __init__(self, answers=GRBL, *, state="Idle", greets=True) -> None:
        self.lines, self.realtime = [], []
        self.gone, self.wake_at = False, None
        self._answers, self._state = answers, state
        self._pending = b""
        self._out = [GREETING] if greets else []

    def receive(self, data, now):
        for byte in data:
            if byte == ord("?"):
                self.realtime.append(byte)
                self._out.append(f"<{self._state}|MPos:0.000,0.000,0.000|FS:0,0>\r\n".encode())
            elif byte in b"!~\x18" or byte > 0x7F:
                self.realtime.append(byte)
            elif byte in b"\r\n":
                self._answer(self._pending.decode())
                self._pending = b""
            else:
                self._pending += bytes([byte])

    def _answer(self, line):
        self.lines.append(line)
        said = self._answers.get(line, ())
        end = "ok" if line in ("", *self._answers) else "error:1"
        self._out += [f"{each}\r\n".encode() for each in (*said, end)]

    def advance(self, now):
        said, self._out = b"".join(self._out), []
        return said
