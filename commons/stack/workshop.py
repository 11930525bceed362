"""A demo workshop: virtual machines on ptys, and a real bridge process paired with the commons over HTTP."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from commons.config import kept_secret
from commons.errors import Unavailable
from commons.stack.processes import Processes, answering, wait_until
from commons.stack.visitor import VisitFailed, Visitor
from firmware_bridge.machine import Limits, Link, MachineProfile, Material, Printing, Programs, Volume

MACHINE, ROUTER = "virtual-printer", "virtual-router"
WORKSHOP = "Demo workshop"

_START = """\
M140 S{bed_c}
M104 S{hotend_c}
G90
G28
G1 Z5 F1200
M190 S{bed_c}
M109 S{hotend_c}
"""
_END = """\
M104 S0
M140 S0
M107
G90
G1 X5 Y200 F6000
M84
"""


def virtual_printer(port: Path, *, arm_by_policy: bool) -> MachineProfile:
    """The profile of the demo's printer: a common 220 mm machine with two materials."""
    return MachineProfile(
        name="Virtual printer",
        virtual=True,
        volume=Volume(x_mm=220, y_mm=220, z_mm=250),
        limits=Limits(hotend_max_c=260, bed_max_c=100, feed_max_mm_min=12_000, acceleration_max_mm_s2=2_000),
        printing=Printing(nozzle_mm=0.4, speed_mm_s=60, travel_mm_s=150),
        materials=(Material(name="PLA", hotend_c=210, bed_c=60), Material(name="PETG", hotend_c=240, bed_c=80)),
        programs=Programs(start=_START, end=_END),
        link=Link(port=str(port)),
        arm="policy" if arm_by_policy else "person",
    )


def virtual_router(port: Path) -> MachineProfile:
    """The profile of the demo's router: a desktop one, 300 mm wide, as all that is left unsaid makes it."""
    return MachineProfile.parse(f"""\
name = "Virtual router"
process = "milling"
virtual = true
link.port = "{port}"
materials = [{{ name = "MDF" }}]
""")


@dataclass(frozen=True)
class Credentials:
    """What its owner signs in with."""

    handle: str
    password: str


@dataclass
class DemoWorkshop:
    """The workshop's side, with a home folder of its own as on a Raspberry Pi."""

    processes: Processes
    site: str
    home: Path
    owner: Credentials

    @property
    def port(self) -> Path:
        return self.home / "printer"

    @property
    def record(self) -> Path:
        """What the virtual printer says it executed."""
        return self.home / "executed.jsonl"

    @property
    def bridge_home(self) -> Path:
        return self.home / "bridge"

    def open(
        self, *, speed: float, arm_by_policy: bool = False, claim_by_policy: bool = False, with_router: bool = False
    ) -> None:
        """Signs its owner up, pairs the bridge if it is not, starts machines and bridge. `speed` 0 is no waiting.

        `arm_by_policy` lets the printer begin unasked; `claim_by_policy`, when the workshop is new, claim so.
        """
        self._describe(MACHINE, virtual_printer(self.port, arm_by_policy=arm_by_policy))
        self.processes.start(
            "printer", "firmware_bridge", "virtual", "marlin",
            "--link", self.port, "--speed", str(speed), "--record", self.record,
            ready=self.port.exists,
        )  # fmt: skip
        if with_router:
            router = self.home / "router"
            self._describe(ROUTER, virtual_router(router))
            self.processes.start(
                "router", "firmware_bridge", "virtual", "grbl", "--link", router, "--speed", str(speed),
                ready=router.exists,
            )  # fmt: skip
        new = not (self.bridge_home / "commons.toml").exists()
        workshop = self._pair() if new else None
        self.processes.start(
            "bridge", "firmware_bridge", "run", "--home", self.bridge_home,
            ready=lambda: answering(self.bridge_home / "control.sock"),
        )  # fmt: skip
        if claim_by_policy and workshop is not None:
            self._let_it_claim(workshop)

    def bridge(self, *words: str) -> str:
        """Types a command at the machine, as its owner would. Raises `Unavailable` with its words when it fails."""
        command = [sys.executable, "-m", "firmware_bridge", *words, "--home", str(self.bridge_home)]
        done = subprocess.run(command, env=self.processes.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(f"`firmware-bridge {' '.join(words)}` failed: {done.stderr.strip()}")
        return done.stdout

    def visitor(self) -> Visitor:
        """The owner, signed in."""
        visitor = Visitor(self.site)
        visitor.submit(visitor.get("/sign-in"), "/sign-in", handle=self.owner.handle, password=self.owner.password)
        return visitor

    def _describe(self, machine: str, profile: MachineProfile) -> None:
        path = self.bridge_home / "machines" / f"{machine}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(profile.to_toml(), encoding="utf-8")

    def _let_it_claim(self, workshop: str) -> None:
        """Presses the button on the workshop's page, once the bridge has published the machine."""
        visitor = self.visitor()

        def pressed() -> bool:
            page = visitor.get(workshop)
            if not page.has_form("/claiming"):
                return False
            visitor.submit(page, "/claiming")
            return True

        wait_until(pressed, "the machine on its workshop's page")

    def _pair(self) -> str:
        """Runs `firmware-bridge pair` and types the code it shows on the site's page; the workshop's address."""
        visitor = self._signed_up()
        command = [sys.executable, "-m", "firmware_bridge", "pair", self.site, "--home", str(self.bridge_home)]
        with (self.processes.logs / "pair.log").open("w+") as log:
            pairing = subprocess.Popen(
                command, env=self.processes.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
            try:
                code = self._shown_code(Path(log.name), pairing)
                page = visitor.get(f"/pair?code={code}")
                if not page.has_form("/pair"):  # a workshop must be there first
                    new = visitor.get("/workshops/new")
                    visitor.submit(new, "/workshops/new", name=WORKSHOP, location="On this computer")
                    page = visitor.get(f"/pair?code={code}")
                workshop = visitor.submit(page, "/pair", user_code=code).url
                pairing.wait(30)
            finally:
                if pairing.poll() is None:
                    pairing.kill()
                    pairing.wait()
        if pairing.returncode:
            raise Unavailable(f"the bridge could not be paired: {self.processes.last_words('pair')}")
        return workshop

    def _signed_up(self) -> Visitor:
        """The owner: signed in, where an earlier start got that far, or signed up."""
        try:
            return self.visitor()
        except VisitFailed:
            visitor = Visitor(self.site)
            sign_up(visitor, self.owner, WORKSHOP)
            return visitor

    @staticmethod
    def _shown_code(log: Path, pairing: "subprocess.Popen[bytes]") -> str:
        pattern = re.compile(r"\b[B-Z]{4}-[B-Z]{4}\b")
        wait_until(lambda: bool(pattern.search(log.read_text())) or pairing.poll() is not None, "the pairing code")
        found = pattern.search(log.read_text())
        if found is None:
            raise Unavailable(f"no pairing code was shown: {log.read_text().strip()}")
        return found.group()


def sign_up(visitor: Visitor, person: Credentials, name: str) -> None:
    """A new account, signed in."""
    page = visitor.get("/sign-up")
    visitor.submit(page, "/sign-up", handle=person.handle, name=name, password=person.password)


def kept_credentials(path: Path, handle: str) -> Credentials:
    """The password in the file, made on first use."""
    return Credentials(handle, kept_secret(path, 9)[:12])  # an older file is longer than its password
