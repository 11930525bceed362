"""Machines that answer by a script.

A Grbl: one `ok` or `error:n` a line, empty ones too; `?` at any time. And printers that are not quite a Marlin.
"""

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


class ScriptedKlipper:
    """It answers on the line of its `ok` (klippy/gcode.py, `GCodeCommand.ack`), and empty lines too."""

    ANSWERS = {  # noqa: RUF012 (never changed)
        "M115": "ok FIRMWARE_NAME:Klipper FIRMWARE_VERSION:v0.13.0-1",
        "M105": "ok B:21.0 /0.0 T0:21.0 /0.0",
        "": "ok",
    }
    gone, wake_at = False, None

    def __init__(self):
        self._pending, self._out = b"", []

    def receive(self, data, now):
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            self._out += [f"{said}\n".encode() for said in self.answer(line.decode())]

    def answer(self, line):
        return [self.ANSWERS[line]] if line in self.ANSWERS else [f'// Unknown command:"{line}"', "ok"]

    def advance(self, now):
        said, self._out = b"".join(self._out), []
        return said


class ScriptedRepetier(ScriptedKlipper):
    """It says `ok` with the number it read last, and answers then (gcode.cpp, `checkAndPushCommand`)."""

    ANSWERS = {  # noqa: RUF012 (never changed)
        "M115": "FIRMWARE_NAME:Repetier_1.0.4 PROTOCOL_VERSION:1.0 MACHINE_TYPE:Mendel EXTRUDER_COUNT:1",
        "M105": "T:21.0 /0 B:21.0 /0 B@:0 @:0",
    }

    def answer(self, line):
        return ["ok 0", self.ANSWERS.get(line, "Unknown command:")] if line else []
