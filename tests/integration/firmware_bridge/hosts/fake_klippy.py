"""Klipper's API server as far as Moonraker speaks with it, with a printer that prints in accelerated time.

JSON on a Unix socket, each message ended by 0x03 (klipper3d.org/API_Server.html). It reads the programs that Moonraker
stored and notes what it was told: the real Moonraker is what is tested against it.
"""

import json
import re
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

END = b"\x03"
_START = re.compile(r'SDCARD_PRINT_FILE FILENAME="(.*)"')


class FakeKlippy:
    """`print_s` is how long a print takes. `scripts` are the G-code scripts it was asked to run."""

    def __init__(self, path: Path, gcodes: Path, print_s: float = 2.0) -> None:
        self.path, self.gcodes, self.print_s = path, gcodes, print_s
        self.scripts: list[str] = []
        self.printed: list[bytes] = []
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._state, self._file, self._since = "standby", "", 0.0
        self._target = 0.0
        self._subscribed: dict[str, object] = {}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        self._socket.listen()
        self._clients: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()
        for client in self._clients:
            with suppress(OSError):  # Moonraker went first
                client.shutdown(socket.SHUT_RDWR)
            client.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return  # closed
            self._clients.append(client)
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()
            threading.Thread(target=self._notify, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        pending = b""
        while True:
            try:
                data = client.recv(1 << 16)
            except OSError:
                return
            if not data:
                return
            *messages, pending = (pending + data).split(END)
            for message in messages:
                asked = json.loads(message)
                answer = self._answer(asked["method"], asked.get("params") or {})
                if "id" in asked:
                    self._say(client, {"id": asked["id"], **answer})

    def _say(self, client: socket.socket, message: dict[str, object]) -> None:
        with suppress(OSError), self._writing:  # Moonraker may have gone away
            client.sendall(json.dumps(message).encode() + END)

    def _notify(self, client: socket.socket) -> None:
        """What has changed of all that Moonraker has subscribed to."""
        told: dict[str, dict[str, object]] = {}
        while client.fileno() >= 0:
            with self._lock:
                wanted = dict(self._subscribed)
            now = self._status(wanted)
            news = {name: changed for name in now if (changed := _news(told.get(name, {}), now[name]))}
            if news:
                update = {"status": news, "eventtime": time.monotonic()}
                self._say(client, {"method": "process_status_update", "params": update})
            told = now
            time.sleep(0.1)

    def _answer(self, method: str, params: dict[str, object]) -> dict[str, object]:
        match method:
            case "info":
                info = {"state": "ready", "state_message": "Printer is ready", "software_version": "v0.12.0-fake"}
                info |= {
                    "hostname": "fake",
                    "klipper_path": "/nowhere/klipper",
                    "python_path": "/nowhere/python",
                    "log_file": "/dev/null",
                }
                return {"result": {**info, "process_id": 1, "config_file": "/dev/null", "cpu_info": "1 core"}}
            case "list_endpoints":
                paths = ["info", "objects/list", "objects/query", "objects/subscribe", "gcode/script"]
                paths += ["pause_resume/cancel", "pause_resume/pause", "pause_resume/resume", "gcode/help"]
                return {"result": {"endpoints": paths}}
            case "objects/list":
                return {"result": {"objects": list(self._everything())}}
            case "objects/query" | "objects/subscribe":
                objects = params["objects"]
                assert isinstance(objects, dict)
                if method == "objects/subscribe":
                    with self._lock:
                        self._subscribed = dict(objects)
                return {"result": {"status": self._status(objects), "eventtime": time.monotonic()}}
            case "gcode/script":
                return self._run(str(params["script"]))
            case "pause_resume/cancel":
                with self._lock:
                    self._state = "cancelled"
                return {"result": {}}
            case _:
                return {"result": {}}

    def _run(self, script: str) -> dict[str, object]:
        self.scripts.append(script)
        with self._lock:
            if start := _START.fullmatch(script):
                if self._state == "printing":
                    return {"error": {"error": "WebRequestError", "message": "SD busy"}}
                path = self.gcodes / start[1]
                if not path.is_file():
                    return {"error": {"error": "WebRequestError", "message": "Unable to open file"}}
                self.printed.append(path.read_bytes())
                self._state, self._file, self._since, self._target = "printing", start[1], time.monotonic(), 205.0
            elif script == "TURN_OFF_HEATERS":
                self._target = 0.0
        return {"result": {}}

    def _everything(self) -> dict[str, dict[str, object]]:
        with self._lock:
            done = min((time.monotonic() - self._since) / self.print_s, 1.0) if self._file else 0.0
            if self._state == "printing" and done >= 1.0:
                self._state, self._target = "complete", 0.0
            size = (self.gcodes / self._file).stat().st_size if self._file else 0
            return {
                "webhooks": {"state": "ready", "state_message": "Printer is ready"},
                "print_stats": {
                    "state": self._state,
                    "filename": self._file,
                    "message": "",
                    "total_duration": done * self.print_s,
                    "print_duration": done * self.print_s,
                    "filament_used": 0.0,
                },
                "virtual_sdcard": {
                    "progress": done,
                    "file_position": int(done * size),
                    "file_size": size,
                    "is_active": self._state == "printing",
                },
                "idle_timeout": {"state": "Printing" if self._state == "printing" else "Ready", "printing_time": 0.0},
                "extruder": {"temperature": 21.0 + self._target / 2, "target": self._target},
                "heater_bed": {"temperature": 21.0, "target": 0.0},
            }

    def _status(self, wanted: dict[str, object]) -> dict[str, dict[str, object]]:
        everything = self._everything()
        return {
            name: {k: v for k, v in everything[name].items() if fields is None or k in fields}  # type: ignore[operator]
            for name, fields in wanted.items()
            if name in everything
        }


def _news(before: dict[str, object], now: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in now.items() if key not in before or before[key] != value}
