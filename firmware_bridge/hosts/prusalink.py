"""PrusaLink's API v1 (github.com/prusa3d/Prusa-Link-Web, spec/openapi.yaml, 1.0.0-draft), in the printer's own firmware
(MINI, MK3.5, MK4, XL, CORE One) and on the Raspberry Pi of an MK3.

The key is the password it shows, sent as `X-Api-Key`, which both take beside the specification's digest (the firmware's
lib/WUI/nhttp/req_parser.cpp; the Pi's prusa/link/web/lib/auth.py). What the job says of its own state is not used: the
firmware calls a job that is being ended `ERROR` (Prusa-Firmware-Buddy, lib/WUI/link_content/basic_gets.cpp,
`get_job_v1`); the printer's state is right. A job is known until somebody leaves its last page on the printer's screen.
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

PHASES: dict[str, Phase] = {
    "IDLE": Phase.IDLE,
    "READY": Phase.IDLE,
    "FINISHED": Phase.IDLE,
    "STOPPED": Phase.IDLE,
    "BUSY": Phase.WORKING,
    "PRINTING": Phase.WORKING,
    "PAUSED": Phase.PAUSED,
    "ATTENTION": Phase.PAUSED,
    "ERROR": Phase.ABSENT,
}
"""By `printer.state`; any other is none to work with."""
FATES: dict[str, Fate] = {"FINISHED": Fate.FINISHED, "STOPPED": Fate.STOPPED, "ERROR": Fate.FAILED}
_NO_SUCH_CALL = frozenset({404, 405, 501})


class _Version(msgspec.Struct, frozen=True):
    text: str


class _Printer(msgspec.Struct, frozen=True):
    state: str
    temp_nozzle: Celsius | None = None
    target_nozzle: Celsius | None = None
    temp_bed: Celsius | None = None
    target_bed: Celsius | None = None


class _StatusJob(msgspec.Struct, frozen=True):
    id: Count | None = None
    progress: Loose | None = None
    time_remaining: Loose | None = None


class _Status(msgspec.Struct, frozen=True):
    printer: _Printer
    job: _StatusJob | None = None


class _File(msgspec.Struct, frozen=True):
    name: str = ""
    display_name: str = ""


class _Job(msgspec.Struct, frozen=True):
    id: Count
    file: _File = _File()


class _Refs(msgspec.Struct, frozen=True):
    download: str


class _Stored(msgspec.Struct, frozen=True):
    refs: _Refs


class _Storage(msgspec.Struct, frozen=True):
    path: str
    available: bool
    read_only: bool = False


class _Storages(msgspec.Struct, frozen=True):
    storage_list: list[_Storage]


class PrusaLink:
    """See `host.Host`."""

    name = "PrusaLink"

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def identify(self) -> str:
        text = brief(self._exchange.ask("/api/version", _Version).text, 80)
        if not text.startswith("PrusaLink"):
            raise HostRefused(f"{self._exchange.what} says that it is {text}: put the right host into [link]")
        return text

    def look(self) -> Seen:
        status = self._exchange.ask("/api/v1/status", _Status)
        printer, progress, job = status.printer, status.job or _StatusJob(), self._job()
        phase = PHASES.get(printer.state, Phase.ABSENT)
        wrong = printer.state == "ATTENTION" or phase is Phase.ABSENT
        return Seen(
            phase=phase,
            job="" if job is None else job.file.display_name or job.file.name,
            says=f"the printer shows {brief(printer.state, 40)}: look at its screen" if wrong else "",
            done=(progress.progress or 0.0) / 100,
            remaining_s=progress.time_remaining,
            heat=Temperatures(printer.temp_nozzle, printer.target_nozzle, printer.temp_bed, printer.target_bed),
        )

    def fate(self, job: str) -> Fate | None:
        state = self._exchange.ask("/api/v1/status", _Status).printer.state
        last = self._job()
        ours = last is not None and job in (last.file.display_name, last.file.name)
        return FATES.get(state) if ours else None

    def upload(self, job: str, program: Path, sha256: str, alive: Callable[[], None]) -> None:
        path = self._path(job)
        headers = {"Content-Type": "application/octet-stream", "Print-After-Upload": "?0", "Overwrite": "?0"}
        self._exchange.put(path, program, headers, alive)
        there = self._exchange.ask(path, _Stored).refs.download
        if not there.startswith("/"):
            raise HostRefused(f"{self._exchange.what} names no place to read the program back from")
        self._exchange.compare(there, program.stat().st_size, sha256, alive)

    def start(self, job: str) -> None:
        self._exchange.tell(self._path(job))

    def cancel(self) -> None:
        job = self._job()
        if job is not None:
            self._exchange.tell(f"/api/v1/job/{job.id}", method="DELETE")

    def heaters_off(self) -> None:
        """By the older API, which only the one on a Raspberry Pi has; a printer's own firmware does it by itself once
        a print was stopped."""
        for part, body in (("tool", {"targets": {"tool0": 0}}), ("bed", {"target": 0})):
            try:
                self._exchange.tell(f"/api/printer/{part}", body={"command": "target", **body})
            except HostRefused as refused:
                if refused.status not in _NO_SUCH_CALL:
                    raise

    def _job(self) -> _Job | None:
        """204 without a body where there is none."""
        return self._exchange.ask_if_any("/api/v1/job", _Job)

    def _path(self, job: str) -> str:
        storages = self._exchange.ask("/api/v1/storage", _Storages).storage_list
        for storage in storages:
            if storage.available and not storage.read_only:
                return f"/api/v1/files/{storage.path.strip('/')}/{job}"
        raise HostRefused(f"{self._exchange.what} has nowhere to store a program: put in its USB drive or SD card")
