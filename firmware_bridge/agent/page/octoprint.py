"""As much of OctoPrint's HTTP API as a slicer needs to send a file (docs.octoprint.org/en/master/api).

PrusaSlicer and OrcaSlicer ask `version`, whose `text` must begin with "OctoPrint", and post to `files/local`
(`src/slic3r/Utils/OctoPrint.cpp`); Cura's OctoPrint plugin also reads `printer` and `job`, every flag of them
(`OctoPrintOutputDevice.py`). Nothing here arms, starts or stops anything.
"""

import threading
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import control
from firmware_bridge.agent.local.control import AttemptStatus, MachineStatus
from firmware_bridge.agent.page import multipart, uploads
from firmware_bridge.agent.page.http import Refused, Request, Response, json_answer
from firmware_bridge.agent.page.uploads import UploadRefused
from firmware_bridge.agent.rules.world import OCCUPYING, Machine
from firmware_bridge.text import brief
from firmware_bridge.wire import PROGRAM_BYTES_MAX, AttemptState, MachineState

VERSION = {"api": "0.1", "server": "1.9.0", "text": "OctoPrint 1.9.0 (firmware-bridge)"}
UPLOADS_AT_ONCE = 1
"""Each is promised the room that is left on the disk."""
FIELDS_BYTES_MAX = 65_536
SLOWEST_BYTES_S = 16_000.0
"""An upload slower than this, over its whole length, is given up."""


class OctoPrint:
    """Answers `/api/…` and `/MACHINE/api/…`."""

    def __init__(self, home: Home, machines: Mapping[str, Machine]) -> None:
        self._home, self._machines = home, machines
        self._turn = threading.BoundedSemaphore(UPLOADS_AT_ONCE)

    def answer(self, request: Request, prefix: str, path: str) -> Response:
        """`prefix` names the machine, or nothing where there is only one. Raises `Refused`."""
        machine = self._machine(prefix)
        match request.method, path:
            case "GET", "version":
                return json_answer(200, VERSION)
            case "GET", "files" | "files/local":
                return json_answer(200, self._files(machine))
            case "GET", "printer":
                return self._printer(machine)
            case "GET", "job":
                return json_answer(200, _job(*self._look(machine)))
            case "POST", "files/local":
                return self._upload(request, machine)
        raise Refused(404, f"this bridge has no {request.method} /api/{path}: it takes files and says how it stands")

    def _machine(self, prefix: str) -> Machine:
        if prefix in self._machines:
            return self._machines[prefix]
        if not prefix and len(self._machines) == 1:
            return next(iter(self._machines.values()))
        known = ", ".join(f"/{name}" for name in self._machines)
        wrong = f"there is no machine {prefix!r}" if prefix else "there are several machines"
        raise Refused(404, f"{wrong}: put one of these after the address: {known}")

    def _look(self, machine: Machine) -> tuple[MachineStatus, AttemptStatus | None]:
        """The machine and what it holds. Raises `BridgeError`."""
        status = control.status(self._home.control_socket)
        there = next(m for m in status.machines if m.machine == machine.id)
        held = (a for a in status.attempts_on(machine.id) if a.state in OCCUPYING)
        return there, next(held, None)

    def _files(self, machine: Machine) -> Mapping[str, object]:
        status = control.status(self._home.control_socket)
        return {"files": [_file(a.title) for a in status.attempts_on(machine.id) if a.local]}

    def _printer(self, machine: Machine) -> Response:
        there, held = self._look(machine)
        if there.state == MachineState.OFFLINE:
            raise Refused(409, f"{there.name} is not there")
        running = held is not None and held.state == AttemptState.STARTED
        paused = held is not None and held.paused
        flags = {
            "operational": True,
            "ready": held is None,
            "printing": running and not paused,
            "paused": paused,
        } | dict.fromkeys(
            ("pausing", "resuming", "cancelling", "finishing", "error", "closedOrError", "sdReady"), False
        )
        heat = {
            "tool0": {"actual": held.hotend_c if held else None, "target": None, "offset": 0},
            "bed": {"actual": held.bed_c if held else None, "target": None, "offset": 0},
        }
        text = "Paused" if paused else "Printing" if running else "Operational"
        return json_answer(200, {"temperature": heat, "sd": {"ready": False}, "state": {"text": text, "flags": flags}})

    def _upload(self, request: Request, machine: Machine) -> Response:
        if request.length is None:
            raise Refused(411, "an upload says its length")
        if request.length > PROGRAM_BYTES_MAX + FIELDS_BYTES_MAX:
            raise Refused(413, f"the upload has {request.length} bytes; a file may have {PROGRAM_BYTES_MAX}")
        boundary = multipart.boundary_of(request.headers.get("Content-Type", ""))
        if boundary is None:
            raise Refused(415, "an upload is a multipart form with the field 'file'")
        _, held = self._look(machine)
        if held is not None:
            raise Refused(409, f"{machine.profile.name} already holds {held.title!r}: wait for its end, or stop it")
        if not self._turn.acquire(blocking=False):
            raise Refused(503, "other files are just being taken: send it again")
        try:
            uploads.room(self._home.folder, max(0, request.length - FIELDS_BYTES_MAX))
            title, done = self._receive(request, machine, boundary)
        except UploadRefused as refused:
            raise Refused(refused.status, str(refused)) from None
        except multipart.BodyWrong as wrong:
            raise Refused(400, str(wrong)) from None
        except OSError as error:
            raise Refused(507, f"the file cannot be kept: {error.strerror}") from None
        finally:
            self._turn.release()
        where = f"/{machine.id}/api/files/local/{quote(title, safe='')}"
        told = (
            f"{machine.profile.name} holds it; it begins when a person at the machine has armed it and cleared the bed"
        )
        body = {"done": True, "files": {"local": _file(title)}, "effectiveSelect": False, "effectivePrint": False}
        return json_answer(
            201,
            body | {"attempt": done.attempt, "message": told, "program_sha256": done.program_sha256},
            Location=where,
        )

    def _receive(self, request: Request, machine: Machine, boundary: bytes) -> tuple[str, uploads.Held]:
        read = request.body(30.0 + (request.length or 0) / SLOWEST_BYTES_S)
        with uploads.places(self._home) as (raw, name):
            title = None
            for part in multipart.parts(read, boundary):
                if part.name == "file" and title is None:
                    uploads.store(part.chunks, raw)
                    title = _base_name(part.filename)
                else:
                    _small(part.chunks)  # `print`, `select`, `path`: nothing begins from afar, and there are no folders
            if title is None:
                raise multipart.BodyWrong("the form has no field 'file'")
            return title, uploads.take(self._home, machine, raw, name, title)


def _small(chunks: Iterable[bytes]) -> None:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > FIELDS_BYTES_MAX:
            raise multipart.BodyWrong("a field of the form is too long")


def _base_name(filename: str | None) -> str:
    """What the sender calls the file; only ever shown, never a path here."""
    return brief((filename or "").replace("\\", "/").rsplit("/", 1)[-1], 120)


def _file(name: str) -> dict[str, object]:
    return {"name": name, "path": name, "display": name, "type": "machinecode", "origin": "local", "refs": {}}


def _job(there: MachineStatus, held: AttemptStatus | None) -> dict[str, object]:
    if held is None:
        state = "Offline" if there.state == MachineState.OFFLINE else "Operational"
        return {"job": {"file": {"name": None}}, "progress": {"completion": None}, "state": state}
    running = held.state == AttemptState.STARTED
    progress = {
        "completion": 100 * held.line / held.lines if held.lines else None,
        "printTime": None,
        "printTimeLeft": held.remaining_s if running else None,
    }
    job = {"file": _file(held.title), "estimatedPrintTime": held.estimate_s}
    return {
        "job": job,
        "progress": progress,
        "state": "Paused" if held.paused else "Printing" if running else "Operational",
    }
