"""Opening the port that a profile's `[link]` means: the right one of several, at the right rate."""

import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from firmware_bridge.errors import LinkLost, MachineError
from firmware_bridge.identity.asking import ask_all, find_rate, settle, which_firmware
from firmware_bridge.identity.fingerprint import KINDS, of_kind
from firmware_bridge.machine import Link
from firmware_bridge.transport.port import TunablePort, open_port
from firmware_bridge.transport.ports import SerialPort, candidates, list_ports


class Found(msgspec.Struct, frozen=True):
    """Where and at which rate a machine was met the last time; the first to be tried the next time."""

    port: str = ""
    baud: Annotated[int, msgspec.Meta(ge=0)] = 0


@dataclass(frozen=True)
class Memory:
    """A file a link, in `folder`; without a folder nothing is remembered. A file that cannot be read is none."""

    folder: Path | None = None

    def recall(self, link: Link) -> Found:
        if self.folder is not None:
            with suppress(OSError, msgspec.DecodeError):
                return msgspec.json.decode(self._path(self.folder, link).read_bytes(), type=Found)
        return Found()

    def keep(self, link: Link, found: Found) -> None:
        """Only saves time, so a disk that is full ends nothing."""
        if self.folder is None or self.recall(link) == found:
            return
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._path(self.folder, link)
            new = path.with_suffix(f".{os.getpid()}")
            new.write_bytes(msgspec.json.encode(found))
            new.replace(path)

    @staticmethod
    def _path(folder: Path, link: Link) -> Path:
        return folder / f"{hashlib.sha256(link.address.encode()).hexdigest()[:16]}.json"


def open_link(
    link: Link,
    memory: Memory | None = None,
    *,
    claimed: Collection[str] = (),
    in_haste: bool = False,
    ports: Callable[[], Iterable[SerialPort]] = list_ports,
    clock: Callable[[], float] = time.monotonic,
) -> TunablePort:
    """The open port of the machine that `link` means; `claimed` are the ports of other machines.

    `in_haste`: where the machine was met the last time, or where it alone can be, nothing is asked first. One that is
    to be switched off may be at work and deaf to questions.

    Raises `LinkLost` where it is not there, does not talk, or none of the ports has the fingerprint's machine.
    """
    memory = memory or Memory()
    known = memory.recall(link)
    names = candidates(link, ports() if link.fingerprint else (), claimed)
    # Stable in order: the one that was right the last time comes first.
    names = tuple(sorted(names, key=lambda name: name != known.port))
    if not names and not link.port:
        raise LinkLost(f"no port is there that could have the machine {link.fingerprint}: is it plugged in?")
    refusals = []
    for name in names or (link.port,):
        surely = in_haste and (name == known.port or len(names) < 2)
        try:
            port = _open(link, name, known.baud, clock, surely=surely)
        except MachineError as error:
            if len(names) < 2:
                raise
            refusals.append(str(error))
            continue
        memory.keep(link, Found(name, port.baud))
        return port.port
    raise LinkLost(f"none of {len(names)} ports has the machine {link.fingerprint}: {'; '.join(refusals)}")


@dataclass(frozen=True)
class _Open:
    port: TunablePort
    baud: int


def _open(link: Link, name: str, known_baud: int, clock: Callable[[], float], *, surely: bool) -> _Open:
    port = open_port(name, link.baud or known_baud or 115_200, reset=link.reset_on_open)
    try:
        baud, firmware = link.baud or (known_baud if surely else 0), ""
        if not baud:
            rate = find_rate(port, known_baud, clock=clock)
            baud, firmware = rate.baud, rate.firmware
        if link.fingerprint and not surely:
            _recognise(port, link.fingerprint, name, firmware or which_firmware(port, clock), clock)
    except BaseException:
        port.close()
        raise
    return _Open(port, baud)


def _recognise(port: TunablePort, wanted: str, name: str, firmware: str, clock: Callable[[], float]) -> None:
    kind = wanted.partition(":")[0]
    if not kind.startswith(firmware):
        raise LinkLost(f"at {name} is another machine: it speaks {firmware}")
    found = of_kind(kind, ask_all(port, firmware, KINDS[kind][0], clock))
    if found != wanted:
        told = f"its fingerprint is {found or 'none'}, not {wanted}"
        raise LinkLost(
            f"at {name} is another machine, or this one was set anew: {told}; firmware-bridge identify tells"
        )
    settle(port, clock)
