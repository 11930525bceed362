"""What a host with a machine of its own offers, whatever it is called."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Protocol

import msgspec

from firmware_bridge.protocol.conversation import Temperatures


class Phase(StrEnum):
    """What the machine is doing, as its host sees it."""

    ABSENT = "absent"
    """The host answers and has no machine to work with."""
    IDLE = "idle"
    WORKING = "working"
    """It prints, or is about to begin or to end that."""
    PAUSED = "paused"

    @property
    def busy(self) -> bool:
        return self in (Phase.WORKING, Phase.PAUSED)


Loose = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
"""A number that only informs: a host's strange share or remaining time is no reason not to hear the rest."""


class Fate(StrEnum):
    """How a job ended, by the host's own word."""

    FINISHED = "finished"
    STOPPED = "stopped"
    """Somebody cancelled it there."""
    FAILED = "failed"


UNKNOWN = Temperatures()


@dataclass(frozen=True)
class Seen:
    """One look. `job` is the file of the current or latest job, as far as the host still knows it; `says` are the
    host's words where something is wrong; `done` is 0 to 1, `at_byte` where it reads in the file."""

    phase: Phase
    job: str = ""
    says: str = ""
    done: float = 0.0
    at_byte: int | None = None
    remaining_s: float | None = None
    """Below 0: it does not know."""
    heat: Temperatures = UNKNOWN

    @property
    def cold(self) -> bool:
        """No heater has a target. A machine need have no heated bed."""
        return self.heat.hotend_target_c == 0 and not self.heat.bed_target_c


class Host(Protocol):
    """Every method asks the host and waits for its answer, for a few seconds at most (but `upload`).

    Raises `LinkLost` where it does not answer, so that nobody knows whether it did what was asked; `HostRefused`
    where it answers and says no, so that it did not.
    """

    name: str

    def identify(self) -> str:
        """Its name and version. `HostRefused` where something else answers at that address."""

    def look(self) -> Seen: ...

    def fate(self, job: str) -> Fate | None:
        """How the job of that file ended, by its records; None where it is not over, or they do not say."""

    def upload(self, job: str, program: Path, sha256: str, alive: Callable[[], None]) -> None:
        """The program under that name, which is new there, and read back: the very bytes, or `HostRefused`.

        `alive` is called throughout; what it raises ends the upload.
        """

    def start(self, job: str) -> None:
        """Tells it to print that file, once. It may do so later than it answers."""

    def cancel(self) -> None:
        """Tells it to end its current job, whatever that is."""

    def heaters_off(self) -> None:
        """Tells an idle machine to switch its heaters off, where the host has a way to."""
