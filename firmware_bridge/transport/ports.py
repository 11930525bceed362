"""The serial ports of this computer: which names are stable, and where a machine's link may be found.

`/dev/ttyUSB0` is whatever was plugged in first. `/dev/serial/by-id` names what the USB device says of itself, which
two CH340 say alike: their one link leads to whichever came last (Klipper#5186). `/dev/serial/by-path` names the USB
socket. Nothing here opens a port.
"""

import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from serial.tools.list_ports_common import ListPortInfo
from serial.tools.list_ports_linux import comports

from firmware_bridge.machine import Link

SERIAL = Path("/dev/serial")
BY_ID, BY_PATH = "/serial/by-id/", "/serial/by-path/"


@dataclass(frozen=True)
class SerialPort:
    """`usb_id` is (vendor, product, serial number); None for a port that is on no USB."""

    device: str
    by_id: str = ""
    by_path: str = ""
    usb_id: tuple[int, int, str] | None = None
    description: str = ""


def list_ports(found: Iterable[ListPortInfo] | None = None, serial: Path = SERIAL) -> tuple[SerialPort, ...]:
    """Every serial port there is, USB first. `found` is what pyserial found, `serial` the folder of the links."""
    ids, paths = _links(serial / "by-id"), _links(serial / "by-path")
    ports = [
        SerialPort(
            device=info.device,
            by_id=ids.get(info.device, ""),
            by_path=paths.get(info.device, ""),
            usb_id=None if info.vid is None else (info.vid, info.pid, info.serial_number or ""),
            description=info.description if info.description != "n/a" else "",
        )
        for info in (comports() if found is None else found)
    ]
    return tuple(sorted(ports, key=lambda port: (port.usb_id is None, port.device)))


def _links(folder: Path) -> dict[str, str]:
    """Device → the link that leads to it. Of two that do, as newer versions of udev make by path, the shorter."""
    links = sorted(folder.glob("*"), key=lambda link: (len(link.name), link.name), reverse=True)
    return {device_of(str(link)): str(link) for link in links}


def device_of(name: str) -> str:
    """The device a name leads to at this moment."""
    return name if "://" in name else os.path.realpath(name)


def alike(port: SerialPort, ports: Iterable[SerialPort]) -> list[SerialPort]:
    """The other ports that USB cannot tell from this one."""
    return [other for other in ports if other.device != port.device and other.usb_id == port.usb_id is not None]


def stable_name(port: SerialPort, ports: Iterable[SerialPort]) -> tuple[str, str]:
    """The name that will still mean this machine after a restart, and why that one; no name where there is none."""
    twins = alike(port, ports)
    if port.by_id and not twins:
        return port.by_id, "its USB id, which no other port here has"
    if port.by_path:
        shared = (
            f"its USB id is also that of {', '.join(twin.device for twin in twins)}" if twins else "it has no USB id"
        )
        return port.by_path, f"its USB socket, since {shared}"
    return "", "it has no stable name: another device may have this one after the next start"


def candidates(link: Link, ports: Iterable[SerialPort], claimed: Collection[str] = ()) -> tuple[str, ...]:
    """The names at which the machine may be now, likeliest first. Only with a fingerprint is there more than one.

    `claimed` are the names that other machines' profiles give; a port of theirs is never tried.
    """
    if "://" in link.port:
        return (link.port,)
    named = (link.port,) if link.port and Path(link.port).exists() else ()
    if not link.fingerprint or BY_PATH in link.port:
        return named
    here = device_of(link.port) if link.port else ""
    taken = {device_of(name) for name in claimed} - {here}
    usb = [port for port in ports if port.usb_id is not None and port.device not in taken]
    if BY_ID in link.port:
        # Two alike share the one link, which is there as long as either is.
        usb = [twin for mine in usb if mine.device == here for twin in alike(mine, usb)]
    return named + tuple(port.device for port in usb if port.device != here)


def present(link: Link, claimed: Collection[str] = (), ports: Callable[[], Iterable[SerialPort]] = list_ports) -> bool:
    """Whether its machine can be there. One reached over the network is tried when it is needed."""
    if "://" in link.port or (link.port and Path(link.port).exists()):
        return True
    return bool(link.fingerprint) and bool(candidates(link, ports(), claimed))
