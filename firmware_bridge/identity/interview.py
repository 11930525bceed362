"""A machine asked who it is, from the first byte to its suggested profile."""

import fcntl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec

from firmware_bridge.errors import MachineError
from firmware_bridge.identity.asking import QUESTIONS, ask_all, find_rate, which_firmware
from firmware_bridge.identity.fingerprint import fingerprint
from firmware_bridge.identity.grbl import read_grbl
from firmware_bridge.identity.identity import Answers, Identity
from firmware_bridge.identity.marlin import read_marlin
from firmware_bridge.identity.suggest import Reached, suggest
from firmware_bridge.machine import Link
from firmware_bridge.transport.port import open_port
from firmware_bridge.transport.ports import device_of, list_ports, stable_name

READERS: Mapping[str, Callable[[Answers], Identity]] = {"marlin": read_marlin, "grbl": read_grbl}


class Interview(msgspec.Struct, frozen=True, kw_only=True):
    """`port` is the name to keep, `profile` TOML for its owner to confirm."""

    port: str
    baud: int
    fingerprint: str
    identity: Identity
    profile: str


def interview(url: str, baud: int, clock: Callable[[], float] = time.monotonic) -> Interview:
    """Asks what neither moves nor heats. `baud` 0 finds the rate out.

    Raises `LinkLost` where the port cannot be had or nothing understandable answers, `MachineError` of a machine that
    is at work.
    """
    with closing(open_port(url, baud or 115_200)) as port:
        if baud:
            firmware = which_firmware(port, clock)
        else:
            rate = find_rate(port, clock=clock)
            baud, firmware = rate.baud, rate.firmware
        answers = ask_all(port, firmware, QUESTIONS[firmware], clock)
    identity, mark = READERS[firmware](answers), fingerprint(firmware, answers)
    name, why = name_to_keep(url)
    profile = suggest(identity, Reached(name, why, baud, mark))
    return Interview(port=name, baud=baud, fingerprint=mark, identity=identity, profile=profile)


def name_to_keep(url: str) -> tuple[str, str]:
    """The stable name of the port that was given, and why it is that one."""
    ports = list_ports()
    for port in ports:
        if port.device == device_of(url):
            name, why = stable_name(port, ports)
            return name or port.device, why
    return url if "://" in url else str(Path(url).absolute()), "as you named it"


@contextmanager
def alone(url: str, links: Mapping[str, Link], lock_of: Callable[[str], Path]) -> Iterator[None]:
    """Holds every machine that may be at this port, so that no job begins meanwhile.

    `links` are the machines' by name. Raises `MachineError` where a process drives one of them.
    """
    device = device_of(url)
    with ExitStack() as stack:
        for machine, link in links.items():
            if (link.fingerprint and "://" not in url) or (link.port and device_of(link.port) == device):
                lock = lock_of(machine)
                lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                file = stack.enter_context(lock.open("w"))
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    busy = f"{machine} is being driven, and may be at {url}: try again when it is idle"
                    raise MachineError(busy) from None
        yield
