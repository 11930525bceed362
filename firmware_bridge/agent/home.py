"""The bridge's folder on disk: credentials, machine profiles, programs, journals, locks, the control socket."""

import fcntl
import os
import secrets
import shlex
import stat
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import tomli_w

from firmware_bridge.agent.rules.world import Machine
from firmware_bridge.agent.settings import KEY_MIN, Settings
from firmware_bridge.errors import BridgeError, ProfileError, ProgramRefused, UsageError
from firmware_bridge.gcode import blocks
from firmware_bridge.gcode.gate import dialect_of
from firmware_bridge.hosts import check_link
from firmware_bridge.machine import MachineProfile
from firmware_bridge.text import why_not_written
from firmware_bridge.wire import Identifier

ENVIRONMENT = "FIRMWARE_BRIDGE_HOME"
DEFAULT = Path("~/.local/state/firmware-bridge")


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What pairing gave: where the commons is and the secret it knows this bridge by."""

    url: str
    token: str
    workshop: str = ""


@dataclass(frozen=True)
class Home:
    """All paths of one bridge. What it makes, only its owner may look into; a folder that was there stays as it is."""

    folder: Path

    @classmethod
    def at(cls, given: Path | None) -> "Home":
        """The given folder, else $FIRMWARE_BRIDGE_HOME, else ~/.local/state/firmware-bridge."""
        chosen = given or Path(os.environ.get(ENVIRONMENT) or DEFAULT)
        return cls(chosen.expanduser().absolute())

    @property
    def machines(self) -> Path:
        return self.folder / "machines"

    @property
    def settings_file(self) -> Path:
        return self.folder / "bridge.toml"

    @property
    def control_socket(self) -> Path:
        return self.folder / "control.sock"

    @property
    def database(self) -> Path:
        return self.folder / "bridge.db"

    def program(self, sha256: str) -> Path:
        return self.folder / "programs" / f"{sha256}.gcode"

    def upload(self, name: str) -> Path:
        """A program on its way in; what a kill leaves of it goes at the next start."""
        return self.folder / "programs" / f"{name}.part"

    def journal(self, attempt: str) -> Path:
        """A folder for each attempt, so that the same program twice is two journals."""
        return self.folder / "journals" / attempt

    @property
    def found(self) -> Path:
        """Where and at which rate machines were met the last time."""
        return self.folder / "found"

    def machine_lock(self, machine: str) -> Path:
        """Held by whichever process drives the machine, so that a run outliving its bridge is waited for."""
        return self.folder / "locks" / f"{machine}.lock"

    def prepare(self) -> None:
        """Makes what is missing. Raises `BridgeError` where that is not possible, or anybody may write there."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.folder.stat().st_mode & stat.S_IWOTH:
                raise BridgeError(f"anybody may write in {self.folder}: give the bridge a folder of its own as --home")
            for name in ("machines", "programs", "journals", "locks"):
                (self.folder / name).mkdir(mode=0o700, exist_ok=True)
            self.database.touch(mode=0o600)
        except OSError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: OSError) -> BridgeError:
        return BridgeError(f"cannot use {self.folder} as the bridge's home: {why_not_written(error)}")

    @contextmanager
    def only_bridge(self) -> Iterator[None]:
        """Held while the bridge runs: two on one home would both own its machines. Raises `BridgeError`."""
        try:
            lock = (self.folder / "bridge.lock").open("w")
        except OSError as error:
            raise self._unusable(error) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BridgeError(f"a bridge is already running in {self.folder}") from None
            yield

    def credentials(self) -> Credentials:
        """Raises `UsageError` when the bridge was never paired."""
        path = self.folder / "commons.toml"
        try:
            return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Credentials)
        except FileNotFoundError:
            raise UsageError(f"{self.folder} is paired with no commons yet: firmware-bridge pair URL") from None
        except (OSError, ValueError) as error:
            raise BridgeError(f"cannot read {path}: {error}") from None

    def save_credentials(self, credentials: Credentials) -> None:
        """Written whole or not at all, readable by the owner alone. Raises `BridgeError`."""
        self.prepare()
        path, new = self.folder / "commons.toml", self.folder / "commons.toml.new"
        try:
            new.unlink(missing_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                tomli_w.dump(msgspec.to_builtins(credentials), file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError as error:
            raise self._unusable(error) from None

    def settings(self) -> Settings:
        """What its owner says of the bridge itself. Raises `UsageError`."""
        return Settings.load(self.settings_file)

    def api_key(self) -> str:
        """What slicers must give; made once, for its owner to read. Raises `BridgeError`."""
        path = self.folder / "api-key"
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(f"{secrets.token_hex(16)}\n")
        except FileExistsError:
            pass  # made at an earlier start
        except OSError as error:
            raise BridgeError(f"cannot make a key for slicers in {path}: {error.strerror}") from None
        try:
            key = path.read_text("ascii").strip()
        except (OSError, ValueError) as error:
            raise BridgeError(f"cannot read the key for slicers in {path}: {error}") from None
        if len(key) < KEY_MIN:
            raise BridgeError(f"there is no key for slicers in {path}: remove it, and a new one is made")
        return key

    def no_machines(self) -> str:
        """Says that there is no machine's file, and what makes one."""
        return (
            f"{self.machines} has no machine's file yet: firmware-bridge identify lists the ports, and firmware-bridge"
            f" identify --port PORT -o {shlex.quote(str(self.machines / 'NAME.toml'))} writes what the machine there is"
        )

    def load_machines(self) -> tuple[dict[str, Machine], dict[str, str]]:
        """The machines that can be used, and for each that cannot: its id and why."""
        good: dict[str, Machine] = {}
        left_out: dict[str, str] = {}
        for path in sorted(self.machines.glob("*.toml")):
            try:
                machine = _machine(path)
            except (ProfileError, ProgramRefused) as error:
                left_out[path.stem] = str(error)
                continue
            link = machine.profile.link
            if twin := next((o.id for o in good.values() if o.profile.link.address == link.address), None):
                what = "host" if link.hosted else "port"
                left_out[path.stem] = f"its {what} {link.address} is already that of {twin}"
            else:
                good[machine.id] = machine
        return good, left_out


def _machine(path: Path) -> Machine:
    try:
        name = msgspec.convert(path.stem, Identifier)
    except msgspec.ValidationError:
        raise ProfileError("its file name may hold letters, digits, _ and - only, at most 64") from None
    profile = MachineProfile.load(path)
    dialect_of(profile)
    if profile.link.hosted:
        check_link(profile.link)
    elif not profile.link.address:
        raise ProfileError('it names no port: add [link] with port = "/dev/serial/by-id/…" (firmware-bridge identify)')
    published = profile.published()
    for material in profile.materials:
        blocks(published, material.name)  # the owner's own programs must pass before any job is taken
    return Machine(id=name, profile=profile, published=published, sha256=published.sha256())
