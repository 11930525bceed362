"""OctoPrint's REST API, as of 1.11 (docs.octoprint.org/en/1.11.x/api: version, files, job, printer, datamodel).

Its key is an application key or a user's, sent as `X-Api-Key`. What it keeps of a file says how its prints ended
(`prints.last.success`), also after it was restarted. A cancelled print and one that failed are the same there.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from firmware_bridge.errors import HostRefused
from firmware_bridge.hosts.exchange import Exchange
from firmware_bridge.hosts.host import Fate, Loose, Phase, Seen
from firmware_bridge.protocol.conversation import Temperatures
from firmware_bridge.text import brief
from firmware_bridge.wire import Celsius, Count

_NOT_OPERATIONAL = 409
PHASES: tuple[tuple[str, Phase], ...] = (
    ("closedOrError", Phase.ABSENT),
    ("error", Phase.ABSENT),
    ("pausing", Phase.PAUSED),
    ("paused", Phase.PAUSED),
    ("resuming", Phase.WORKING),
    ("cancelling", Phase.WORKING),
    ("finishing", Phase.WORKING),
    ("printing", Phase.WORKING),
    ("operational", Phase.IDLE),
)
"""The first flag that is set decides."""


class _Version(msgspec.Struct, frozen=True):
    text: str


class _State(msgspec.Struct, frozen=True):
    flags: dict[str, bool]
    text: str = ""
    error: str = ""


class _Heat(msgspec.Struct, frozen=True):
    actual: Celsius | None = None
    target: Celsius | None = None


class _Temperatures(msgspec.Struct, frozen=True):
    tool0: _Heat = _Heat()
    bed: _Heat = _Heat()


class _Printer(msgspec.Struct, frozen=True):
    state: _State
    temperature: _Temperatures = _Temperatures()


class _File(msgspec.Struct, frozen=True):
    path: str | None = None
    origin: str | None = None
    size: Count | None = None


class _JobFile(msgspec.Struct, frozen=True):
    file: _File


class _Progress(msgspec.Struct, frozen=True, rename="camel"):
    filepos: Count | None = None
    print_time_left: Loose | None = None


class _Job(msgspec.Struct, frozen=True):
    job: _JobFile
    progress: _Progress


class _Last(msgspec.Struct, frozen=True):
    success: bool


class _Prints(msgspec.Struct, frozen=True):
    last: _Last | None = None


class _Record(msgspec.Struct, frozen=True):
    prints: _Prints = _Prints()


class OctoPrint:
    """See `host.Host`."""

    name = "OctoPrint"

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def identify(self) -> str:
        text = brief(self._exchange.ask("/api/version", _Version).text, 80)
        # Moonraker answers here as "OctoPrint (Moonraker …)" for slicers, and has little else of this API.
        if not text.startswith("OctoPrint ") or "Moonraker" in text:
            raise HostRefused(f"{self._exchange.what} says that it is {text}: put the right host into [link]")
        return text

    def look(self) -> Seen:
        try:
            printer = self._exchange.ask("/api/printer?exclude=sd", _Printer)
        except HostRefused as refused:
            if refused.status != _NOT_OPERATIONAL:
                raise
            return Seen(Phase.ABSENT, says=str(refused))
        job = self._exchange.ask("/api/job", _Job)
        flags, file, heat = printer.state.flags, job.job.file, printer.temperature
        phase = next((phase for flag, phase in PHASES if flags.get(flag)), Phase.ABSENT)
        at_byte = job.progress.filepos
        return Seen(
            phase=phase,
            job=file.path or "" if file.origin == "local" else "",
            says=brief(printer.state.error or printer.state.text, 200) if phase is Phase.ABSENT else "",
            done=at_byte / file.size if at_byte and file.size else 0.0,
            at_byte=at_byte,
            remaining_s=job.progress.print_time_left,
            heat=Temperatures(heat.tool0.actual, heat.tool0.target, heat.bed.actual, heat.bed.target),
        )

    def fate(self, job: str) -> Fate | None:
        try:
            last = self._exchange.ask(f"/api/files/local/{job}", _Record).prints.last
        except HostRefused as refused:
            if refused.status == 404:
                return None
            raise
        return None if last is None else Fate.FINISHED if last.success else Fate.FAILED

    def upload(self, job: str, program: Path, sha256: str, alive: Callable[[], None]) -> None:
        self._exchange.post_form("/api/files/local", {"noOverwrite": "true"}, job, program, alive)
        self._exchange.compare(f"/downloads/files/local/{job}", program.stat().st_size, sha256, alive)

    def start(self, job: str) -> None:
        self._exchange.tell(f"/api/files/local/{job}", body={"command": "select", "print": True})

    def cancel(self) -> None:
        self._exchange.tell("/api/job", body={"command": "cancel"})

    def heaters_off(self) -> None:
        self._exchange.tell("/api/printer/command", body={"commands": ["M104 S0", "M140 S0"]})
