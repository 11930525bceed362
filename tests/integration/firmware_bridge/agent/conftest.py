"""A virtual printer and a bridge as real processes, and a program to print."""

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from firmware_bridge import gcode, wire
from firmware_bridge.machine import Limits, Link, MachineProfile, Material, Programs
from tests.integration.firmware_bridge.agent.fake_commons import FakeCommons
from tests.waiting import DEADLINE_S, until

_BEGIN = ["G21", "G90", "M82", "G92 E0", "G1 X10 Y10 F6000", "G1 Z0.2 F600"]
QUICK = [*_BEGIN, *(f"G1 X{10 + n % 50} Y{20 + n % 40} E{n * 0.01:.3f}" for n in range(300))]
SLOW = [*_BEGIN, *["G4 P1000"] * 2000]
"""Some 33 minutes for a printer at speed 1, 100 s at speed 20."""


@dataclass
class Shed:
    """A workshop: its home folder, its printer and its bridge, all of them real."""

    folder: Path
    commons: FakeCommons
    bridge: subprocess.Popen[bytes] | None = None
    profile: MachineProfile | None = None
    attempt: str = "a1"
    """What `offer` calls an attempt that is given no name."""
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def machine(self, machine: str = "virtual", **changes: object) -> MachineProfile:
        """A virtual printer's profile, written where the bridge looks for it; the owner arms it by hand."""
        profile = MachineProfile(
            name="Virtual printer",
            virtual=True,
            materials=(Material(name="PLA", hotend_c=205, bed_c=60),),
            limits=Limits(time_max_s=10 * 3600),
            programs=Programs(
                start="M140 S{bed_c}\nM104 S{hotend_c}\nG28\nM109 S{hotend_c}\nM190 S{bed_c}",
                end="M104 S0\nM140 S0\nM107\nM84",
            ),
            link=Link(port=str(self.folder / machine)),
        )
        profile = msgspec.structs.replace(profile, **changes)
        path = self.home / "machines" / f"{machine}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(profile.to_toml())
        return profile

    def pair(self) -> None:
        (self.home / "commons.toml").write_text(f'url = "{self.commons.url}"\ntoken = "secret"\n')

    def settings(self, text: str) -> None:
        (self.home / "bridge.toml").write_text(text)

    def printer(self, name: str = "virtual", speed: float = 0, *faults: str) -> subprocess.Popen[bytes]:
        link, record = self.folder / name, self.folder / f"{name}.record"
        return self.virtual(["marlin", "--link", str(link), "--speed", str(speed), "--record", str(record), *faults])

    def virtual(self, machine: list[str]) -> subprocess.Popen[bytes]:
        return self._ready(["virtual", *machine], "ready: ")

    def start(self) -> None:
        self.bridge = self._ready(["run", "--home", str(self.home)], "ready: ")

    def kill(self) -> None:
        assert self.bridge is not None
        self.bridge.kill()
        self.bridge.wait()

    def children(self) -> list[int]:
        """The process ids of the runs."""
        assert self.bridge is not None
        return [
            int(pid) for pid in Path(f"/proc/{self.bridge.pid}/task/{self.bridge.pid}/children").read_text().split()
        ]

    def _ready(self, command: list[str], line: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{command[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "firmware_bridge", *command], stdout=subprocess.PIPE, stderr=log
            )
        self._processes.append(process)
        assert process.stdout is not None
        said = process.stdout.readline().decode()
        assert said.startswith(line), f"{said!r}\n{self.log()}"
        return process

    def log(self) -> str:
        path = self.folder / "run.log"
        return path.read_text() if path.is_file() else ""  # /dev/full would be read for ever

    def ask(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "firmware_bridge", *command, "--home", str(self.home)],
            capture_output=True,
            check=False,
            text=True,
            timeout=DEADLINE_S,
        )

    def status(self) -> dict[str, list[dict[str, object]]]:
        return json.loads(self.ask("status", "--json").stdout)

    def arm(self, attempt: str = "a1") -> None:
        until(lambda: f"attempt {attempt} is checked" in self.log(), f"{attempt} to be checked")
        done = self.ask("arm", attempt)
        assert done.returncode == 0, done.stderr

    def executed(self, name: str = "virtual") -> list[dict[str, object]]:
        """What the printer says that it did."""
        path = self.folder / f"{name}.record"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def numbered(self, name: str = "virtual") -> list[str]:
        return [str(row["line"]) for row in self.executed(name) if row.get("n") is not None]

    def program(self, profile: MachineProfile, body: list[str] = QUICK) -> bytes:
        out = io.BytesIO()
        gcode.compose(body, profile, "PLA", out)
        return out.getvalue()

    def slow_program(self, profile: MachineProfile) -> bytes:
        return self.program(profile, SLOW)

    def lease(self, profile: MachineProfile, data: bytes, **changes: object) -> wire.Lease:
        """A right lease for the program, but for the lies in `changes`."""
        fields = {
            "attempt": self.attempt,
            "fence": 1,
            "machine": "virtual",
            "title": "a knob",
            "ordered_by": "ada",
            "material": "PLA",
            "profile_sha256": profile.published().sha256(),
            "program_sha256": hashlib.sha256(data).hexdigest(),
            "program_bytes": len(data),
            "estimate_s": 60.0,
            "expires_in_s": 120.0,
        }
        return wire.Lease(**(fields | changes))

    def offer(self, profile: MachineProfile, data: bytes, **changes: object) -> wire.Lease:
        """Puts such a lease, with its program, on offer at the commons."""
        lease = self.lease(profile, data, **changes)
        self.commons.programs[lease.attempt] = data
        self.commons.offered[lease.attempt] = lease
        return lease

    def close(self) -> None:
        for process in reversed(self._processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()


@contextmanager
def opened_shed():
    """A shed, paired with a commons of its own; both are ended."""
    commons = FakeCommons()
    commons.up()
    # A short path: a Unix socket's may have 107 bytes at most.
    shed = Shed(Path(tempfile.mkdtemp(prefix="shed-", dir=os.environ.get("TMPDIR", "/tmp"))), commons)
    shed.home.mkdir()
    shed.pair()
    shed.settings('listen = ""')  # a page is another child process, at an address that all would want
    try:
        yield shed
    finally:
        shed.close()
        commons.down()
        print(shed.log())  # pytest shows it where the test failed
        shutil.rmtree(shed.folder)


@pytest.fixture(scope="session")
def open_shed():
    return opened_shed


@pytest.fixture
def shed():
    with opened_shed() as shed:
        yield shed


@pytest.fixture
def commons(shed):
    return shed.commons


@pytest.fixture(name="until")
def until_fixture():
    return until
