"""Moonraker's HTTP API (moonraker.readthedocs.io/en/latest/external_api: server, printer, file_manager, history).

The key is that of its `[authorization]`, sent as `X-Api-Key`; none is needed from an address that it trusts. Klipper
keeps the last job in `print_stats` until the next one or its restart; the history then still knows how it ended.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from firmware_bridge.errors import HostRefused
from firmware_bridge.hosts.exchange import Exchange
from firmware_bridge.hosts.host import Fate, Loose, Phase, Seen
from firmware_bridge.protocol.conversation import Temperatures
from firmware_bridge.text import brief
from firmware_bridge.wire import Celsius, Count

T = TypeVar("T")

PHASES: dict[str, Phase] = {"printing": Phase.WORKING, "paused": Phase.PAUSED}
"""By `print_stats.state`; in any other the machine is idle."""
FATES: dict[str, Fate] = {
    "complete": Fate.FINISHED,
    "completed": Fate.FINISHED,
    "cancelled": Fate.STOPPED,
    "error": Fate.FAILED,
    "klippy_shutdown": Fate.FAILED,
    "klippy_disconnect": Fate.FAILED,
}
"""By `print_stats.state` and by the history's `status`. `server_exit` and `interrupted` there only say that Moonraker
was restarted, while Klipper may have printed on."""
HISTORY_JOBS = 20
_OBJECTS = {
    "print_stats": ["filename", "state", "message"],
    "virtual_sdcard": ["progress", "file_position"],
    "extruder": ["temperature", "target"],
    "heater_bed": ["temperature", "target"],
}


class _Result(msgspec.Struct, Generic[T], frozen=True):
    result: T


class _Info(msgspec.Struct, frozen=True):
    klippy_state: str
    moonraker_version: str


class _Stats(msgspec.Struct, frozen=True):
    state: str = "standby"
    filename: str = ""
    message: str = ""


class _Card(msgspec.Struct, frozen=True):
    progress: Loose = 0.0
    file_position: Count | None = None


class _Heat(msgspec.Struct, frozen=True):
    temperature: Celsius | None = None
    target: Celsius | None = None


class _Status(msgspec.Struct, frozen=True):
    print_stats: _Stats = _Stats()
    virtual_sdcard: _Card = _Card()
    extruder: _Heat = _Heat()
    heater_bed: _Heat = _Heat()


class _Queried(msgspec.Struct, frozen=True):
    status: _Status


class _Past(msgspec.Struct, frozen=True):
    filename: str
    status: str


class _History(msgspec.Struct, frozen=True):
    jobs: list[_Past]


class Moonraker:
    """See `host.Host`."""

    name = "Moonraker"

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def identify(self) -> str:
        return f"Moonraker {brief(self._info().moonraker_version, 60)}"

    def look(self) -> Seen:
        klipper = self._info().klippy_state
        if klipper != "ready":
            return Seen(Phase.ABSENT, says=f"Klipper is {brief(klipper, 40)}")
        now = self._status()
        stats = now.print_stats
        return Seen(
            phase=PHASES.get(stats.state, Phase.IDLE),
            job=stats.filename,
            says=brief(stats.message, 200),
            done=now.virtual_sdcard.progress,
            at_byte=now.virtual_sdcard.file_position,
            heat=Temperatures(
                now.extruder.temperature, now.extruder.target, now.heater_bed.temperature, now.heater_bed.target
            ),
        )

    def fate(self, job: str) -> Fate | None:
        if self._info().klippy_state == "ready":
            stats = self._status().print_stats
            if stats.filename == job and stats.state in FATES:
                return FATES[stats.state]
        path = f"/server/history/list?limit={HISTORY_JOBS}&order=desc"
        try:
            jobs = self._exchange.ask(path, _Result[_History]).result.jobs
        except HostRefused as refused:
            if refused.status == 404:
                return None  # its owner has switched the history off
            raise
        return next((FATES.get(past.status) for past in jobs if past.filename == job), None)

    def upload(self, job: str, program: Path, sha256: str, alive: Callable[[], None]) -> None:
        self._exchange.post_form("/server/files/upload", {"root": "gcodes", "checksum": sha256}, job, program, alive)
        self._exchange.compare(f"/server/files/gcodes/{job}", program.stat().st_size, sha256, alive)

    def start(self, job: str) -> None:
        self._exchange.tell(f"/printer/print/start?filename={job}")

    def cancel(self) -> None:
        self._exchange.tell("/printer/print/cancel")

    def heaters_off(self) -> None:
        self._exchange.tell("/printer/gcode/script", body={"script": "TURN_OFF_HEATERS"})

    def _info(self) -> _Info:
        return self._exchange.ask("/server/info", _Result[_Info]).result

    def _status(self) -> _Status:
        asked = {"objects": _OBJECTS}
        return self._exchange.ask("/printer/objects/query", _Result[_Queried], method="POST", body=asked).result.status
