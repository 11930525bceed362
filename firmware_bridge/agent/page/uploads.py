"""A slicer's file becomes a program of one machine: stored with bounds, composed with the owner's start and end
through the gate, and handed to the bridge, which checks it once more and holds it.
"""

import os
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
from firmware_bridge.gcode.slicers import OWN, advice, material_of
from firmware_bridge.program import SPARE_BYTES
from firmware_bridge.text import brief
from firmware_bridge.wire import PROGRAM_BYTES_MAX

REASONS_SHOWN = 3
_NOT_TEXT = {
    b"GCDE": "binary G-code: turn off 'Supports binary G-code' in the slicer's printer settings",
    b"PK\x03\x04": "a package, not G-code: let the slicer send plain .gcode",
    b"\x1f\x8b": "compressed: let the slicer send plain .gcode",
}


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
    with raw.open("rb") as file:
        start = file.read(max(map(len, _NOT_TEXT)))
    for magic, what in _NOT_TEXT.items():
        if start.startswith(magic):
            raise UploadRefused(415, f"this is {what}")
    try:
        return material_of(raw, machine.profile)
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


def _one(refusal: Refusal) -> str:
    """The owner's own programs have lines, and numbers of them, of their own."""
    own = OWN.match(refusal.reason)
    of = f" of {own[1]}" if own else ""
    return f"line {refusal.line}{of}: {brief(refusal.text, 40)}: {OWN.sub('', refusal.reason, count=1)}"


def _why(refused: ProgramRefused, machine: Machine) -> str:
    shown = [_one(each) for each in refused.refusals[:REASONS_SHOWN]]
    more = len(refused.refusals) - len(shown)
    said = "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
    if to_change := advice(refused, machine.profile):
        said += f". {to_change}"
    return f"refused for {machine.profile.name}: {said}"
