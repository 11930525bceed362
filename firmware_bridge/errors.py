"""What can go wrong in the bridge.

BridgeError
├── UsageError            you called us wrongly; exit code 2
├── NoBridge              none runs in this home
├── ProfileError          a machine profile that cannot be used
├── GateError
│   └── ProgramRefused    a program that may not reach the machine, with every reason
│       └── NoGcode       a file that holds no program at all, whatever the machine
├── MachineError          the machine, its firmware or its cable misbehaved
│   ├── LinkLost          the port vanished or stays silent
│   ├── FirmwareHalted    the firmware said it stopped (kill(), a fault)
│   ├── ProtocolError     an answer that fits nothing we sent
│   ├── ProgramNotTaken   the firmware does not take the program; nothing of it was executed
│   ├── NotResumable      the machine does not stand where the journal says it may stand
│   ├── HostRefused       the machine's host said no, or said something that cannot be used
│   └── Stopped           a stop was asked for, or the bridge stops what must not go on; heaters were told off
├── JournalError          the journal on disk cannot be read, trusted or written
│   └── JournalDamaged    it was read, and what stands there is no run
├── CommandRefused        a word of the commons that the bridge does not know (`agent.rules.leases`)
├── UploadRefused         a file brought to the page that is not taken (`agent.page.uploads`)
└── CommonsError          the other side misbehaved
    ├── CommonsUnreachable  no answer now; try again
    └── CommonsRefused      it said no, or said something we will not do
        └── ProgramWrong    the program it gave is not the one it had promised
"""

from dataclasses import dataclass

from firmware_bridge.text import count


@dataclass(frozen=True)
class Refusal:
    """What may not reach the machine: the first line that is refused for a kind of reason, and how many are.

    `line` counts from 1 in the text that was given; 0 is all of it.
    """

    line: int
    text: str
    reason: str
    count: int = 1

    @property
    def place(self) -> str:
        """`line 7`, or `line 7 and 239 more`."""
        return f"line {self.line}" + (f" and {self.count - 1} more" if self.count > 1 else "")

    @property
    def said(self) -> str:
        """All of it in one line for a person."""
        return f"{self.place}: {self.text!r}: {self.reason}" if self.line else self.reason


class BridgeError(Exception):
    """Root of every error of the bridge; its text is one line for a person."""

    exit_code = 1
    left_hot = False
    """It ended a run whose machine has not confirmed that its heaters are off."""
    line: int | None = None
    lines: int | None = None
    """Of the run that it ended: the last line that was acknowledged (0 before the first), and how many there are."""


class UsageError(BridgeError):
    """You called us wrongly."""

    exit_code = 2


class NoBridge(BridgeError):
    """None runs in this home."""


class ProfileError(BridgeError):
    """A machine profile that cannot be used."""


class GateError(BridgeError):
    """The gate's own root."""


class ProgramRefused(GateError):
    """A program that may not reach the machine; `refusals` name each kind of reason with its first line."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        others = len(refusals) - 1
        super().__init__(refusals[0].said + (f" (and {count(others, 'more reason')})" if others else ""))
        self.refusals = refusals
        self.generic: str | None = None
        """The firmware of the machine by which it was refused, where that is one that nobody described."""


class NoGcode(ProgramRefused):
    """A file that holds no program at all, whatever the machine."""


class MachineError(BridgeError):
    """The machine, its firmware or its cable misbehaved."""


class LinkLost(MachineError):
    """The port vanished or stays silent."""


class FirmwareHalted(MachineError):
    """The firmware said that it stopped."""


class ProtocolError(MachineError):
    """An answer that fits nothing we sent."""


class ProgramNotTaken(MachineError):
    """The firmware does not take the program; nothing of it was executed."""


class NotResumable(MachineError):
    """The machine does not stand where the journal says that it may stand."""


class HostRefused(MachineError):
    """The machine's host said no (`status`: its HTTP status), or said something that cannot be used."""

    status = 0


class Stopped(MachineError):
    """A person here or at the machine asked for a stop; or the bridge did, for heat that cannot be true or a firmware
    that left a line out of the program and runs on. The heaters were told off."""


class JournalError(BridgeError):
    """The journal on disk cannot be read, trusted or written."""


class JournalDamaged(JournalError):
    """It was read, and what stands there is no run."""


class CommonsError(BridgeError):
    """The commons misbehaved."""


class CommonsUnreachable(CommonsError):
    """No answer now; it may come back."""


class CommonsRefused(CommonsError):
    """The commons said no, or said something this bridge will not do."""


class ProgramWrong(CommonsRefused):
    """The program the commons gave is not the one it had promised."""
