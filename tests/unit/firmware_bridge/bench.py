"""A program, a virtual machine and a port between them, in one thread and virtual time: nothing here waits."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from firmware_bridge.journal import Journal
from firmware_bridge.machine import Limits
from firmware_bridge.protocol.conversation import Firmware
from firmware_bridge.stream import stream
from firmware_bridge.transport.memory import MemoryPort


@dataclass
class StreamBench:
    """`settings` are the machine's; what it executed, and what of it was the bridge's own, is kept."""

    folder: Path
    program: list[str]
    settings: object
    firmware: Firmware
    cut: object = None
    executed: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    progress: list = field(default_factory=list)
    stop: object = staticmethod(lambda: None)
    resume: object = staticmethod(lambda: False)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self.machine = self.made()
        self.port = MemoryPort(self.machine, **({"cut": self.cut} if self.cut else {}))
        text = "".join(f"{line}\n" for line in self.program).encode()
        self.folder.mkdir(exist_ok=True)
        self.path = self.folder / "program.gcode"
        self.path.write_bytes(text)
        self.journal = Journal.open(self.folder / "journal", "memory", hashlib.sha256(text).hexdigest())

    def made(self):
        """The machine; it calls `note` of each line."""
        raise NotImplementedError

    def note(self, number, line):
        (self.own if number is None else self.executed).append(line)

    def run(self, found=None):
        return stream(
            self.path,
            self.port,
            self.journal,
            on_progress=self.progress.append,
            stop_requested=self.stop,
            resume_requested=self.resume,
            firmware=self.firmware,
            found=found,
            limits=self.limits,
            clock=self.port.clock,
        )
