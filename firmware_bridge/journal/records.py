"""What a journal file holds, record by record, and the run that can be read from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from firmware_bridge.errors import JournalDamaged, JournalError

Outcome = Literal["finished", "failed", "given up"]


class Begun(msgspec.Struct, frozen=True, tag="begun", tag_field="what"):
    port: str
    program_sha256: str
    lines: int
    at: float
    """Seconds since the epoch."""
    name: str = ""
    """How whoever began it calls the program."""
    given_sha256: str = ""
    """Of the file before its gate, where that is known."""


class Resumed(msgspec.Struct, frozen=True, tag="resumed", tag_field="what"):
    """The run goes on after it was cut off or had failed."""

    at: float
    """Seconds since the epoch."""


class Reserved(msgspec.Struct, frozen=True, tag="reserved", tag_field="what"):
    """Lines up to this number may have been sent."""

    up_to: int


class Acknowledged(msgspec.Struct, frozen=True, tag="acknowledged", tag_field="what"):
    """Lines up to this number were acknowledged."""

    up_to: int


class Ended(msgspec.Struct, frozen=True, tag="ended", tag_field="what"):
    """`switched_off`: what turns the machine off was sent, or nobody knows that it was not. `stopped`: it ended by a
    stop, somebody's or the bridge's own."""

    outcome: Outcome
    reason: str = ""
    switched_off: bool = True
    stopped: bool = False


class Room(msgspec.Struct, frozen=True, tag="room", tag_field="what"):
    """Kept free, so that on a full disk too the end can be written: over this."""


Record = Begun | Resumed | Reserved | Acknowledged | Ended | Room
encode = msgspec.json.Encoder().encode
_DECODER = msgspec.json.Decoder(Record)


@dataclass(frozen=True)
class Run:
    """One run as the journal has it. `outcome` is None for a run that was cut off.

    `alive_at` is when its process last wrote, which it does every second, in seconds since the epoch.
    """

    port: str
    program_sha256: str
    lines: int
    begun_at: float
    alive_at: float
    reserved: int
    acknowledged: int
    outcome: Outcome | None
    reason: str
    switched_off: bool
    """Its motors were let go and planned moves broken off, so its position is lost. Never of one that was cut off."""
    name: str = ""
    stopped: bool = False
    given_sha256: str = ""

    @property
    def cut_off(self) -> bool:
        return self.outcome is None

    @property
    def may_go_on(self) -> bool:
        """Whether its half-made part may still be gone on with, as far as a journal can know."""
        return self.reserved > 0 and self.outcome in (None, "failed") and not self.switched_off


def read_run(path: Path) -> Run | None:
    """The run in a journal file; None if it holds no whole record or is not there.

    Raises `JournalDamaged`, or `JournalError` where it cannot be read.
    """
    try:
        alive_at = path.stat().st_mtime
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise JournalError(f"cannot read the journal {path}: {error.strerror}") from None
    records: list[Record] = []
    for index, line in enumerate(lines[:-1]):
        try:
            records.append(_DECODER.decode(line))
        except msgspec.DecodeError as error:
            # Only what was being written when the power went may be torn: the last line, never relied on.
            if index < len(lines) - 2:
                raise JournalDamaged(f"the journal {path} is damaged in line {index + 1}: {error}") from None
    if not records:
        return None
    begun, *later = records
    if not isinstance(begun, Begun):
        raise JournalDamaged(f"the journal {path} is damaged: it does not begin with a begun run")
    last = next((record for record in reversed(later) if isinstance(record, Ended | Resumed)), None)
    ended = last if isinstance(last, Ended) else None
    return Run(
        port=begun.port,
        program_sha256=begun.program_sha256,
        lines=begun.lines,
        begun_at=begun.at,
        alive_at=alive_at,
        reserved=max((record.up_to for record in later if isinstance(record, Reserved)), default=0),
        acknowledged=next((record.up_to for record in reversed(later) if isinstance(record, Acknowledged)), 0),
        outcome=ended.outcome if ended else None,
        reason=ended.reason if ended else "",
        switched_off=ended.switched_off if ended else False,
        name=begun.name,
        given_sha256=begun.given_sha256,
        stopped=ended.stopped if ended else False,
    )
