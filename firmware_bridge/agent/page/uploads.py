"""A slicer's file becomes a program of one machine: stored with bounds, composed with the owner's start and end
through the gate, and handed to the bridge, which checks it once more and holds it.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from firmware_bridge import gcode
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import control
from firmware_bridge.agent.rules.world import Machine
from firmware_bridge.errors import BridgeError, GateError, ProfileError, ProgramRefused, Refusal, UsageError
from firmware_bridge.gcode.kinds import why_no_gcode
from firmware_bridge.program import SPARE_BYTES
from firmware_bridge.text import brief, count
from firmware_bridge.wire import PROGRAM_BYTES_MAX

REASONS_SHOWN = 3
_LOOKED_AT = 262_144
"""Bytes at either end of a file in which a slicer's settings are looked for: PrusaSlicer writes them at the end."""
_FILAMENT = re.compile(rb"^;\s*filament_type\s*=\s*([^;\r\n]+)", re.MULTILINE)


class UploadRefused(BridgeError):
    """The file is not taken; `status` is HTTP's word for why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Held:
    attempt: str
    program_sha256: str


def room(folder: Path, size: int) -> None:
    """Raises `UploadRefused` where a file of so many bytes, and the program made of it, find no room."""
    if size > PROGRAM_BYTES_MAX:
        raise UploadRefused(413, f"the file has {size} bytes; at most {PROGRAM_BYTES_MAX} are taken")
    space = os.statvfs(folder)
    if space.f_bavail * space.f_frsize < needed(size) + SPARE_BYTES:
        raise UploadRefused(507, f"the disk of the bridge has no room for a file of {size} bytes")


def needed(size: int) -> int:
    """Bytes for a file and its program, which for a router may be over twice as long: it names each line's motion."""
    return size + min(3 * size, PROGRAM_BYTES_MAX)


def store(chunks: Iterable[bytes], raw: Path, limit: int = PROGRAM_BYTES_MAX) -> None:
    """The file as it came. Raises `UploadRefused` where it is longer than `limit` bytes."""
    size = 0
    with raw.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise UploadRefused(413, f"the file is longer than the {limit} bytes that are taken")
            file.write(chunk)
    if not size:
        raise UploadRefused(415, "the file is empty")


@contextmanager
def places(home: Home) -> Iterator[tuple[Path, str]]:
    """Where the file may lie while it is looked at, and the name of the upload made of it; both gone afterwards."""
    name = secrets.token_hex(16)
    raw, program = home.upload(f"{name}-raw"), home.upload(name)
    try:
        yield raw, name
    finally:
        raw.unlink(missing_ok=True)
        program.unlink(missing_ok=True)


def take(home: Home, machine: Machine, raw: Path, name: str, title: str) -> Held:
    """Makes the file `raw` a program and has the bridge hold it. Raises `UploadRefused`, and `BridgeError` where no
    bridge answers."""
    material = _material(raw, machine)
    report = _compose(raw, machine, material, home.upload(name))
    request = control.AskPrint(
        upload=name,
        machine=machine.id,
        title=brief(title, 120) or "a file without a name",
        material=material,
        profile_sha256=machine.sha256,
        program_sha256=report.sha256,
        program_bytes=report.size_bytes,
        estimate_s=report.time_s,
    )
    try:
        return Held(control.ask(home.control_socket, request).said, report.sha256)
    except UsageError as refused:
        raise UploadRefused(409, str(refused)) from None


def _material(raw: Path, machine: Machine) -> str:
    """The one the file names, else the machine's only one."""
    if why := why_no_gcode(raw):
        raise UploadRefused(415, why)
    with raw.open("rb") as file:
        start = file.read(_LOOKED_AT)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LOOKED_AT))
        named = _FILAMENT.search(start) or _FILAMENT.search(file.read())
    materials = machine.profile.materials
    if named is None and len(materials) != 1:
        known = ", ".join(material.name for material in materials) or "none"
        raise UploadRefused(
            422,
            f"the file does not say its material, and {machine.profile.name} has: {known}. Begin the slicer's start"
            " G-code with the line '; filament_type = PLA', or what it is",
        )
    name = materials[0].name if named is None else named[1].decode("utf-8", "replace").strip()
    try:
        return machine.profile.material(name).name
    except ProfileError as error:
        raise UploadRefused(422, brief(str(error))) from None


class _Bounded:
    """Takes what the gate writes, up to the length a program may have."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._left = file, PROGRAM_BYTES_MAX

    def write(self, data: bytes) -> int:
        self._left -= len(data)
        if self._left < 0:
            raise UploadRefused(413, f"the program is longer than the {PROGRAM_BYTES_MAX} bytes that are taken")
        return self._file.write(data)


def _compose(raw: Path, machine: Machine, material: str, program: Path) -> gcode.GateReport:
    try:
        with program.open("wb") as file:
            report = gcode.compose(gcode.read_lines(raw), machine.published, material, _Bounded(file))
            file.flush()
            os.fsync(file.fileno())
    except ProgramRefused as refused:
        raise UploadRefused(422, _why(refused, machine)) from None
    except (GateError, ProfileError) as error:
        raise UploadRefused(422, brief(str(error))) from None
    return report


_OWN = re.compile(r"in (the machine's own (?:start|end) program): ")
_START_OR_END = re.compile(
    r"\s*(?:N\d+\s*)?(?:G2[789]|G3[0-8]|G80|M10[49]|M1[49]0|M1[78]|M8[014]|M420)\b", re.IGNORECASE
)
"""What slicers put around the part: homing, levelling, heating, motors and power."""


def _one(refusal: Refusal) -> str:
    """The owner's own programs have lines, and numbers of them, of their own."""
    if not refusal.line:
        return refusal.reason
    own = _OWN.match(refusal.reason)
    of = f" of {own[1]}" if own else ""
    return f"{refusal.place}{of}: {brief(refusal.text, 40)}: {_OWN.sub('', refusal.reason, count=1)}"


def _of_a_slicers_start(refusal: Refusal) -> bool:
    return not _OWN.match(refusal.reason) and bool(_START_OR_END.match(refusal.text))


def _why(refused: ProgramRefused, machine: Machine) -> str:
    shown = [_one(each) for each in refused.refusals[:REASONS_SHOWN]]
    more = len(refused.refusals) - len(shown)
    said = "; ".join(shown) + (f"; and {count(more, 'more reason')}" if more > 0 else "")
    sliced = machine.profile.process == "fff" and any(_of_a_slicers_start(each) for each in refused.refusals)
    if sliced and machine.profile.programs.start.strip():
        said += (
            f". {machine.profile.name} has start and end programs of its own, which are put around the file: leave"
            " the slicer's own start and end G-code empty"
        )
    return f"refused for {machine.profile.name}: {said}"
