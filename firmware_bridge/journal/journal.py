"""What was sent to a port, on disk: after a kill it says which program was begun and how far it got.

One file a port and program (`<port hash>-<program hash>.jsonl`), one JSON record a line, appended;
only the latest acknowledgement is written over. The ranges are the proof: no line is sent before a
range that holds it is on the disk, so what the firmware accepted lies between `acknowledged` and
`reserved`, whatever was lost.
"""

import contextlib
import errno
import os
import time
from pathlib import Path
from typing import Self

from firmware_bridge.errors import JournalError
from firmware_bridge.journal.ports import are_one, port_key
from firmware_bridge.journal.records import (
    Acknowledged,
    Begun,
    Ended,
    Record,
    Reserved,
    Resumed,
    Room,
    Run,
    encode,
    read_run,
)
from firmware_bridge.text import why_not_written

ACKNOWLEDGED_BYTES = 64
"""Padded to one length, so that the next one fits over it."""

_ROOM_BYTES, _ROOM_BYTES_A_LINE = 8_192, 1
"""What a run may take at most: its beginning, its end, and some 100 bytes for each range."""

ROOM_BYTES = 128


class Journal:
    """The journal of one program on one port. Every call raises `JournalError` when the disk fails."""

    def __init__(self, path: Path, port_url: str, program_sha256: str, name: str = "", given_sha256: str = "") -> None:
        self.path, self.port_url, self.program_sha256 = path, port_url, program_sha256
        self._name, self._given_sha256 = name, given_sha256
        self._file: int | None = None
        self._end = self._acknowledged_at = self._room_at = 0
        self._alone = False

    @classmethod
    def open(cls, folder: Path, port_url: str, program_sha256: str, name: str = "", given_sha256: str = "") -> Self:
        """Creates the folder where needed; writes nothing before `begin`. `name`: what a person calls the program;
        `given_sha256`: of the file that it was made of."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise JournalError(f"cannot make the journal's folder {folder}: {why_not_written(error)}") from None
        path = folder / f"{port_key(port_url)}-{program_sha256}.jsonl"
        return cls(path, port_url, program_sha256, name, given_sha256)

    def run(self) -> Run | None:
        """The run on disk, or None before the first `begin`."""
        return read_run(self.path)

    def require_room(self, lines: int) -> None:
        """Before the machine is touched: that a run of so many lines can be written down to its end."""
        trial = self.path.with_suffix(f".{os.getpid()}")
        try:
            with trial.open("wb") as file:
                file.write(bytes(_ROOM_BYTES + lines * _ROOM_BYTES_A_LINE))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise JournalError(f"cannot write the journal {self.path}: {why_not_written(error)}") from None
        finally:
            with contextlib.suppress(OSError):
                trial.unlink()

    def begin(self, lines: int) -> None:
        """On disk before the first byte goes out; an earlier run's records are replaced in one step."""
        self.close()
        draft = self.path.with_suffix(".new")
        try:
            self._file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            self._end = 0
            now = time.time()
            self._append(Begun(self.port_url, self.program_sha256, lines, now, self._name, self._given_sha256))
            self._keep_room()
            draft.replace(self.path)
            _sync_folder(self.path.parent)
        except OSError as error:
            raise JournalError(f"cannot begin the journal {self.path}: {why_not_written(error)}") from None

    def resume(self) -> None:
        """Go on with the run on disk; `begin` must have made it."""
        self.close()
        try:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
            # A torn last line was never relied on; what is appended must not be read as its end.
            self._end = self.path.read_bytes().rfind(b"\n") + 1
            os.ftruncate(self._file, self._end)
        except OSError as error:
            raise JournalError(f"cannot go on with the journal {self.path}: {why_not_written(error)}") from None
        self._append(Resumed(time.time()))
        self._keep_room()

    def reserve(self, up_to: int) -> None:
        """Returns when the disk has it; only then may a line of the range be sent.

        With the first, whatever else was begun on this port, under whatever name of it, is given up: the firmware
        counts the lines of this one now, and what it says would pass for the other's.
        """
        if not self._alone:
            for path in self.path.parent.glob("*-*.jsonl"):
                if path != self.path:
                    _give_up(path, self.port_url)
            self._alone = True
        self._append(Reserved(up_to))

    def acknowledge(self, up_to: int) -> None:
        """Survives a kill of this process; after a power cut an older one may be the last."""
        line = encode(Acknowledged(up_to)).ljust(ACKNOWLEDGED_BYTES - 1) + b"\n"
        if self._acknowledged_at + ACKNOWLEDGED_BYTES != self._end:
            self._acknowledged_at = self._end
        self._write(line, self._acknowledged_at)

    def finish(self) -> None:
        self._append(Ended("finished"))

    def fail(self, reason: str, *, switched_off: bool = True, stopped: bool = False) -> None:
        try:
            self._append(Ended("failed", reason, switched_off, stopped))
        except JournalError:
            end, before = encode(Ended("failed", "its disk failed", switched_off, stopped)), self._end
            descriptor = self._write(end.ljust(ROOM_BYTES - 1) + b"\n", self._room_at)
            self._end = before
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, before)  # what was torn
                os.fdatasync(descriptor)

    def _keep_room(self) -> None:
        self._room_at = self._end
        self._write(encode(Room()).ljust(ROOM_BYTES - 1) + b"\n", self._room_at)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _append(self, record: Record) -> None:
        descriptor = self._write(encode(record) + b"\n", self._end)
        try:
            os.fdatasync(descriptor)
        except OSError as error:
            raise JournalError(f"cannot write the journal {self.path}: {why_not_written(error)}") from None

    def _write(self, line: bytes, at: int) -> int:
        if self._file is None:
            raise JournalError(f"the journal {self.path} has no begun run")
        trouble = None
        try:
            if os.pwrite(self._file, line, at) != len(line):
                trouble = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # the next byte would have said so
        except OSError as error:
            trouble = error
        if trouble is not None:
            raise JournalError(f"cannot write the journal {self.path}: {why_not_written(trouble)}")
        self._end = at + len(line)
        return self._file


def _give_up(path: Path, port_url: str) -> None:
    """Where it is of that port."""
    try:
        run = read_run(path)
    except JournalError:
        return  # it is not gone on with either
    if run is None or not run.may_go_on or not are_one(run.port, port_url):
        return
    given_up = Journal(path, run.port, run.program_sha256)
    given_up.resume()
    given_up._append(Ended("given up", "another program was sent to its port since"))
    given_up.close()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
