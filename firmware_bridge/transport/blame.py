"""Why a port cannot be had or went away, in words that say where to look."""

import contextlib
import os
from pathlib import Path

ROOT = Path("/")
UNDERVOLTAGE = "this computer's own supply fell below its voltage, which drops USB; give it a stronger power supply"
GONE = "check its cable, and whether the machine has power"
STILL_THERE = "check cable and power supply"


def why_vanished(device: str, root: Path = ROOT) -> str:
    """What to look at first after a device was lost."""
    if undervoltage(root):
        return UNDERVOLTAGE
    return STILL_THERE if (root / str(Path(device).absolute()).lstrip("/")).exists() else GONE


def undervoltage(root: Path = ROOT) -> bool:
    """Whether a Raspberry Pi reports it of the last seconds (Linux, drivers/hwmon/raspberrypi-hwmon.c)."""
    for sensor in (root / "sys/class/hwmon").glob("hwmon*"):
        with contextlib.suppress(OSError):  # other sensors have no such file
            if (sensor / "name").read_text().strip() == "rpi_volt":
                return (sensor / "in0_lcrit_alarm").read_text().strip() == "1"
    return False


def holders(device: str, root: Path = ROOT) -> list[str]:
    """The other processes that have the device open, each as `name (process 123)`.

    Only those this user may look into: another user's are met by the locks, or not at all.
    """
    path, found = Path(os.path.realpath(device)), []
    for process in (root / "proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is somebody else's
            if process.name != str(os.getpid()) and any(_leads_to(file, path) for file in (process / "fd").iterdir()):
                found.append(f"{(process / 'comm').read_text().strip()} (process {process.name})")
    return found


def _leads_to(file: Path, path: Path) -> bool:
    with contextlib.suppress(OSError):  # just closed
        return file.readlink() == path
    return False
