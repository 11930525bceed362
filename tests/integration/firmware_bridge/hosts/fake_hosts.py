"""Hosts in a thread of the test's: real HTTP servers above one simulated printer that prints in accelerated time."""

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit

from tests.integration.firmware_bridge.served import Served, reply

KEY = "s3cret-key"


class No(Exception):
    """The host says no: a status and its words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass
class FakePrinter:
    """What every host has: files, one job at a time, a heater. `starts` are the files it was told to print."""

    print_s: float = 0.5
    files: dict[str, bytes] = field(default_factory=dict)
    starts: list[str] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)
    """By file: finished, cancelled, failed."""
    job: str = ""
    paused: bool = False
    connected: bool = True
    target: float = 0.0
    cools_itself: bool = False
    """Its own firmware turns the heater off where a print was cancelled."""
    heater_stuck: bool = False
    """It says yes to everything and stays on."""
    _since: float | None = None

    @property
    def done(self) -> float:
        if self._since is None:
            return 1.0 if self.ended.get(self.job) == "finished" else 0.0
        return min((time.monotonic() - self._since) / self.print_s, 1.0)

    @property
    def printing(self) -> bool:
        if self._since is not None and self.done >= 1.0 and not self.paused:
            self.end("finished")
            self.target = 0.0
        return self._since is not None

    def store(self, name: str, data: bytes) -> None:
        if name in self.files:
            raise No(409, "File already exists")
        self.files[name] = data

    def start(self, name: str) -> None:
        if self.printing:
            raise No(409, "already printing")
        if name not in self.files:
            raise No(404, "no such file")
        self.starts.append(name)
        self.job, self.target, self._since = name, 205.0, time.monotonic()

    def end(self, how: str) -> None:
        self.ended[self.job] = how
        self._since = None

    def cancel(self) -> None:
        if self.printing:
            self.end("cancelled")
            if self.cools_itself:
                self.heaters_off()

    def heaters_off(self) -> None:
        if not self.heater_stuck:
            self.target = 0.0

    def forget(self) -> None:
        """The host was restarted in mid-print: no job, no memory of it, and a heater that nobody turned off."""
        self.job, self._since = "", None
        self.ended.clear()


class FakeHost(Served):
    """`faults` maps "METHOD path" (without its query) to what a handler does instead, once or for ever."""

    kind = ""

    def __init__(self) -> None:
        self.printer = FakePrinter()
        self.asked: list[str] = []
        self.faults: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self._lock = threading.Lock()

    def handle(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urlsplit(handler.path)
        asked = f"{handler.command} {parts.path}"
        self.asked.append(asked)
        if asked in self.faults:
            self.faults[asked](handler)
            return
        if handler.headers.get("X-Api-Key") != KEY:
            reply(handler, 403, self.no("permission denied"))
            return
        with self._lock:
            try:
                answer = self.answer(asked, parse_qs(parts.query), handler, body)
            except No as no:
                reply(handler, no.status, self.no(str(no)))
                return
        if isinstance(answer, bytes):
            reply(handler, 200, answer)
        else:
            reply(handler, 204 if answer is None else 200, b"" if answer is None else json.dumps(answer).encode())

    def no(self, words: str) -> bytes:
        return json.dumps({"error": words}).encode()

    def answer(self, asked: str, query: dict[str, list[str]], handler: BaseHTTPRequestHandler, body: bytes) -> object:
        raise NotImplementedError


class FakeOctoPrint(FakeHost):
    kind = "octoprint"
    start_path = "POST /api/files/local"
    look_path = "GET /api/printer"

    def answer(self, asked, query, handler, body):
        printer = self.printer
        if asked == "GET /api/version":
            return {"api": "0.1", "server": "1.11.8", "text": "OctoPrint 1.11.8"}
        if asked == "GET /api/printer":
            if not printer.connected:
                raise No(409, "Printer is not operational")
            busy = printer.printing
            flags = {"operational": True, "printing": busy and not printer.paused, "paused": printer.paused}
            heat = {"actual": 21.0 + printer.target / 2, "target": printer.target, "offset": 0}
            return {"state": {"text": "", "flags": flags}, "temperature": {"tool0": heat, "bed": {**heat, "target": 0}}}
        if asked == "GET /api/job":
            size = len(printer.files.get(printer.job, b""))
            file = {"path": printer.job or None, "origin": "local" if printer.job else None, "size": size or None}
            return {"job": {"file": file}, "progress": {"filepos": int(printer.done * size), "printTimeLeft": None}}
        if asked == "POST /api/files/local":
            printer.store(*form_file(handler, body))
            return {"done": True}
        if match := re.fullmatch(r"GET /downloads/files/local/(.+)", asked):
            return printer.files[match[1]]
        if match := re.fullmatch(r"GET /api/files/local/(.+)", asked):
            how = printer.ended.get(match[1])
            return {"prints": {"last": {"success": how == "finished"}}} if how else {"name": match[1]}
        if match := re.fullmatch(r"POST /api/files/local/(.+)", asked):
            assert json.loads(body) == {"command": "select", "print": True}
            return printer.start(match[1])
        if asked == "POST /api/job":
            assert json.loads(body) == {"command": "cancel"}
            return printer.cancel()
        if asked == "POST /api/printer/command":
            return printer.heaters_off()
        raise No(404, asked)


class FakeMoonraker(FakeHost):
    kind = "moonraker"
    start_path = "POST /printer/print/start"
    look_path = "POST /printer/objects/query"

    def no(self, words):
        return json.dumps({"error": {"code": 400, "message": words}}).encode()

    def answer(self, asked, query, handler, body):
        printer = self.printer
        if asked == "GET /server/info":
            state = "ready" if printer.connected else "shutdown"
            return {"result": {"klippy_state": state, "moonraker_version": "0.11.0"}}
        if asked == "POST /printer/objects/query":
            busy, how = printer.printing, printer.ended.get(printer.job, "standby")
            state = ("paused" if printer.paused else "printing") if busy else {"finished": "complete"}.get(how, how)
            card = {"progress": printer.done, "file_position": None}
            heat = {"temperature": 21.0 + printer.target / 2, "target": printer.target}
            stats = {"state": state, "filename": printer.job, "message": ""}
            status = {"print_stats": stats, "virtual_sdcard": card, "extruder": heat, "heater_bed": {"target": 0.0}}
            return {"result": {"status": status, "eventtime": 1.0}}
        if asked == "GET /server/history/list":
            past = [{"filename": n, "status": {"finished": "completed"}.get(h, h)} for n, h in printer.ended.items()]
            return {"result": {"count": len(past), "jobs": past[::-1]}}
        if asked == "POST /server/files/upload":
            printer.store(*form_file(handler, body))
            return {"action": "create_file"}
        if match := re.fullmatch(r"GET /server/files/gcodes/(.+)", asked):
            return printer.files[match[1]]
        done = {
            "POST /printer/print/start": lambda: printer.start(query["filename"][0]),
            "POST /printer/print/cancel": printer.cancel,
            "POST /printer/gcode/script": printer.heaters_off,
        }
        if asked in done:
            done[asked]()
            return {"result": "ok"}
        raise No(404, asked)


class FakePrusaLink(FakeHost):
    kind = "prusalink"
    start_path = "POST /api/v1/files/usb"
    look_path = "GET /api/v1/status"

    def __init__(self):
        super().__init__()
        self.printer.cools_itself = True

    def answer(self, asked, query, handler, body):
        printer = self.printer
        busy, how = printer.printing, printer.ended.get(printer.job)
        if asked == "GET /api/version":
            return {"api": "2.0.0", "text": "PrusaLink"}
        if asked == "GET /api/v1/storage":
            return {"storage_list": [{"path": "/usb/", "type": "USB", "read_only": False, "available": True}]}
        if asked == "GET /api/v1/status":
            ended = {"finished": "FINISHED", "cancelled": "STOPPED", "failed": "ERROR"}
            state = ("PAUSED" if printer.paused else "PRINTING") if busy else ended.get(how or "", "IDLE")
            heat = {"temp_nozzle": 21.0, "target_nozzle": printer.target, "temp_bed": 21.0, "target_bed": 0.0}
            job = {"job": {"id": 7, "progress": printer.done * 100}} if printer.job else {}
            return {"printer": {"state": state if printer.connected else "ERROR", **heat}, **job}
        if asked == "GET /api/v1/job":
            return {"id": 7, "file": {"name": "C~1.GCO", "display_name": printer.job}} if printer.job else None
        if asked == "DELETE /api/v1/job/7":
            return printer.cancel()
        if match := re.fullmatch(r"(PUT|GET|POST) /api/v1/files/usb/(.+)", asked):
            if match[1] == "PUT":
                return printer.store(match[2], body)
            return printer.start(match[2]) if match[1] == "POST" else {"refs": {"download": f"/usb/{match[2]}"}}
        if match := re.fullmatch(r"GET /usb/(.+)", asked):
            return printer.files[match[1]]
        raise No(404, asked)


FAKES = (FakeOctoPrint, FakeMoonraker, FakePrusaLink)


def form_file(handler: BaseHTTPRequestHandler, body: bytes) -> tuple[str, bytes]:
    """Name and content of the form's file, by the standard library's own reading of it."""
    head = f"Content-Type: {handler.headers['Content-Type']}\r\n\r\n".encode()
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        if part.get_filename():
            return unquote(part.get_filename()), part.get_payload(decode=True)
    raise No(400, "no file")


def says(status: int, body: bytes = b"", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: reply(handler, status, body, **headers)


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    """No answer at all."""
    handler.close_connection = True
