"""A program on a virtual printer, which the tests of the streamer share."""

from dataclasses import dataclass, field

from firmware_bridge.protocol.conversation import Firmware
from firmware_bridge.protocol.firmwares import MARLIN
from firmware_bridge.virtual.marlin import Settings, VirtualMarlin
from tests.unit.firmware_bridge.bench import StreamBench

HEAT = ["M104 S60", "M109 S60", "G28", "G90", "M83"]
MOVES = [f"G1 X{i % 100}.5 Y{i % 90} F6000" for i in range(60)]
PROGRAM = [*HEAT, *MOVES, "M104 S0"]


@dataclass
class Bench(StreamBench):
    """A printer that keeps what it executed since its last M110."""

    program: list[str] = field(default_factory=lambda: PROGRAM)
    settings: Settings = field(default_factory=Settings)
    firmware: Firmware = MARLIN

    def made(self):
        return VirtualMarlin(self.settings, self.note, self.executed.clear)

    @property
    def off(self):
        printer = self.machine.printer
        return (printer.hotend.target_c, printer.bed.target_c, printer.fan) == (0, 0, 0)
