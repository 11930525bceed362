"""What every firmware's protocol is to the shell that drives it: bytes and time in, bytes out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Protocol

from firmware_bridge.protocol.silence import Timings


class Ending(StrEnum):
    """How a conversation came to its end."""

    FINISHED = auto()
    """Every line was executed and the last motion is over."""
    STOPPED = auto()
    UNCONFIRMED = auto()
    """Told to stop, and never said that its heaters or its spindle are off."""
    HALTED = auto()
    """The firmware stopped itself: kill(), a fault, an alarm."""
    RESTARTED = auto()
    REFUSED = auto()
    """The firmware does not take the program; nothing of it was executed."""
    ELSEWHERE = auto()
    """The firmware does not stand where the journal says that it may stand."""
    SILENT = auto()
    STUCK = auto()


@dataclass(frozen=True)
class Temperatures:
    """Measured and wanted, °C; None where the firmware has not said."""

    hotend_c: float | None = None
    hotend_target_c: float | None = None
    bed_c: float | None = None
    bed_target_c: float | None = None

    @property
    def all_off(self) -> bool:
        """No heater is told to be warm, as far as the firmware has said."""
        return not (self.hotend_target_c or self.bed_target_c)


@dataclass(frozen=True)
class Whereabouts:
    """What the journal of a run that was cut off knows: the firmware's last line is one of these, ends included."""

    acknowledged: int
    reserved: int


class Program(Protocol):
    """A canonical program. Commands come without line ends; lines count from 1."""

    @property
    def total(self) -> int: ...
    def lines(self, first: int) -> Iterator[bytes]:
        """From line `first` on. When one is given, the disk already has it as possibly sent."""
        ...

    def rehearsal(self) -> Iterator[bytes]:
        """All of it, for a firmware that can check a program without moving; nothing is noted as sent."""
        ...


class NoProgram:
    """What there is to send where a machine is only switched off."""

    total = 0

    def lines(self, _first: int) -> Iterator[bytes]:
        return iter(())

    def rehearsal(self) -> Iterator[bytes]:
        return iter(())


@dataclass
class Attention:
    """`why` a person is wanted at the machine (filament ran out, a door is open); empty when nobody is.

    `may_go_on`: it is at rest, and `Conversation.resume` is all that it waits for.
    """

    paused: bool = False
    why: str = ""
    may_go_on: bool = False


@dataclass
class Tally:
    """What a conversation took. `lines_sent` counts repetitions, `own_lines` what the bridge added, `resends` rewinds,
    `probes` questions after silence; `heated`: some of the bridge's own lines set a heater."""

    lines_sent: int = 0
    own_lines: int = 0
    resends: int = 0
    probes: int = 0
    heated: bool = False

    @property
    def touched(self) -> bool:
        """Whether the machine may do or be anything by now that it was not before."""
        return self.heated or self.lines_sent > 0


class Conversation(Protocol):
    """One program with one machine, from greeting to the end of its last motion.

    When `over`, `ending` says how and `reason` why, in words for a person; a stop sets its `reason` at once.
    """

    over: bool
    ending: Ending | None
    reason: str
    attention: Attention
    tally: Tally

    @property
    def acknowledged(self) -> int:
        """The last of the program's lines that was."""
        ...

    @property
    def temperatures(self) -> Temperatures: ...
    @property
    def heating_s(self) -> float:
        """How long the program waited for heat."""
        ...

    @property
    def wake_at(self) -> float:
        """When `send` has something to do even if nothing is received; infinity for never."""
        ...

    @property
    def window(self) -> str:
        """How much is let be on its way at once, and why, in a few words."""
        ...

    def begin(self, now: float) -> None: ...
    def stop(self, reason: str, now: float) -> None:
        """Leave the program and turn everything off; it ends STOPPED or UNCONFIRMED."""
        ...

    def successor(self, timings: Timings) -> "Conversation":
        """Another one with the same machine, for nothing but to `stop` it where this one ended or failed: it knows
        what this one learnt of the firmware, and what it may still answer."""
        ...

    def resume(self) -> None:
        """A person says that a held program may go on; nothing where the firmware is told so at its own panel."""
        ...

    def feed(self, data: bytes, now: float) -> None: ...
    def send(self, now: float) -> bytes:
        """What to write now."""
        ...

    def prepare(self) -> None:
        """Work that can be done while the firmware is busy with what it was sent."""
        ...


@dataclass(frozen=True)
class Firmware:
    """A protocol by name. `check_line` raises `ProtocolError` for a line (number, command) that cannot be sent.

    `converse(program, timings, found)`: `found` goes on with a run that was cut off instead of beginning one, which
    only a firmware that `numbers_lines` can tell anything about. `is_off` says of its machine what a stop makes it, and
    `may_be_on` what it may be without one.
    """

    name: str
    check_line: Callable[[int, bytes], None]
    converse: Callable[[Program, Timings, Whereabouts | None], Conversation]
    is_off: str
    may_be_on: str
    numbers_lines: bool = False
