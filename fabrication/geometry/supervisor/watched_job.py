"""One job, watched from outside: its folder, pipes and clock; its child is killed the moment a limit is passed."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.confinement.walls import Order, Proof, Walls
from fabrication.geometry.jobs import JobKind
from fabrication.geometry.protocol import Done, Failed
from fabrication.geometry.supervisor import outputs, verdict
from fabrication.geometry.supervisor.verdict import Stopped
from fabrication.geometry.supervisor.zygote_link import Child, ZygoteLink
from fabrication.geometry.zygote.messages import Exited

POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job runs: under `root`, beside the canaries' `bait`, as `uid` if the forge is root."""

    root: Path
    bait: Path
    uid: int | None
    walls: Walls


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the client is told, the files, and what the child proved about its walls."""

    answer: Done | Failed
    files: dict[str, bytes]
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class Job:
    """One job: `number` is its own within the forge, `kind_name` the zygote's word for `kind`."""

    number: int
    kind_name: str
    kind: JobKind
    request: dict[str, object]
    inputs: Mapping[str, bytes]
    limits: Limits


async def run(zygote: ZygoteLink, place: Place, job: Job) -> Outcome:
    """Run `job` to its end. Cancelled, it kills the child first. Raises ForgeUnavailable, OSError."""
    ours = outputs.at_top(job.inputs)
    folder = outputs.make_folder(place.root, job.number, job.inputs, place.uid)
    try:
        order = Order(
            job=job.number,
            kind=job.kind_name,
            folder=str(folder),
            bait=str(place.bait),
            uid=place.uid,
            limits=job.limits,
            walls=place.walls,
        )
        started = time.monotonic()
        with _Pipes(job.limits) as pipes:
            child = await _forked(zygote, order, pipes.for_child(job.request))
            pipes.handed_over()
            try:
                stopped = await _watch(child, folder, ours, job.limits, pipes)
                exited = await child.exited
            finally:
                os.close(child.pidfd)
            pipes.drain()
        seconds = time.monotonic() - started
        ended = verdict.Ended(exited.status, exited.cpu_s, bytes(pipes.result), stopped or pipes.flooded())
        values = job.request.get("values")
        judged = verdict.judge(
            ended,
            job.limits,
            runs_author_code=job.kind.runs_author_code,
            values=values if isinstance(values, dict) else None,
        )
        proof = verdict.proof(ended.result)
        log = pipes.log.decode("utf-8", "replace")
        if isinstance(judged, Failed):
            return Outcome(msgspec.structs.replace(judged, log=log), {}, proof)
        try:
            files = outputs.collect(folder, job.kind.outputs, ours, job.limits)
        except outputs.BadOutput as error:
            failed = Failed(error="ScriptFailed", message=f"its files were refused: {error}", log=log)
            return Outcome(failed, {}, proof)
        blobs = tuple((name, len(data)) for name, data in files.items())
        return Outcome(Done(claim=judged.claim, log=log, seconds=seconds, blobs=blobs), files, proof)
    finally:
        outputs.delete(folder)


async def _watch(child: Child, folder: Path, ours: frozenset[str], limits: Limits, pipes: "_Pipes") -> Stopped | None:
    """Wait for the child's end, or kill it; says why it was killed."""
    deadline = time.monotonic() + limits.wall_s
    try:
        while not child.exited.done():
            ends: set[asyncio.Future[Exited] | asyncio.Future[None]] = {child.exited, pipes.flood}
            await asyncio.wait(ends, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
            stopped = pipes.flooded() or _overfull(folder, limits, ours)
            if stopped is None and time.monotonic() >= deadline:
                stopped = Stopped(f"ran longer than {limits.wall_s:g} s", late=True)
            if stopped is not None and not child.exited.done():
                return stopped
        return _overfull(folder, limits, ours)
    finally:
        await _end(child)


def _overfull(folder: Path, limits: Limits, ours: frozenset[str]) -> Stopped | None:
    why = outputs.overfull(folder, limits, ours)
    return None if why is None else Stopped(why)


async def _forked(zygote: ZygoteLink, order: Order, fds: tuple[int, int, int]) -> Child:
    """The child, or, if we are cancelled while it is being forked, its end."""
    forking = asyncio.ensure_future(zygote.fork(order, fds))
    try:
        return await asyncio.shield(forking)
    except asyncio.CancelledError:
        child = await forking
        await _end(child)
        os.close(child.pidfd)
        raise


async def _end(child: Child) -> None:
    """Kill the child if it lives, and wait until it is gone, also if the zygote is no longer there to tell."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(child.pidfd, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(child.pidfd)


class _Pipes:
    """Log and result, read as they come, each up to its cap; and the request, handed over as a memory file."""

    def __init__(self, limits: Limits) -> None:
        self.log, self.result = bytearray(), bytearray()
        self._flooded: str | None = None
        self.flood: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        log_read, log_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        result_read, result_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        for fd in (log_write, result_write):
            os.set_blocking(fd, True)
        self._sources = {
            log_read: (self.log, limits.log, f"printed more than {limits.log // 1024} KiB"),
            result_read: (self.result, limits.result, f"gave a result of more than {limits.result // 1024} KiB"),
        }
        self._theirs = [log_write, result_write]

    def __enter__(self) -> "_Pipes":
        for fd in self._sources:
            asyncio.get_running_loop().add_reader(fd, self._read, fd)
        return self

    def __exit__(self, *_: object) -> None:
        for fd in list(self._sources):
            self._close(fd)
        self.handed_over()

    def for_child(self, request: dict[str, object]) -> tuple[int, int, int]:
        """Descriptors for log, result and request."""
        memory = os.memfd_create("request")
        self._theirs.append(memory)
        with open(memory, "wb", closefd=False) as file:
            file.write(msgspec.json.encode(request))
        os.lseek(memory, 0, os.SEEK_SET)
        return self._theirs[0], self._theirs[1], memory

    def flooded(self) -> Stopped | None:
        """Which cap was passed, if one was."""
        return None if self._flooded is None else Stopped(self._flooded)

    def handed_over(self) -> None:
        """The child has its own; ours would keep the pipes open."""
        while self._theirs:
            os.close(self._theirs.pop())

    def drain(self) -> None:
        """Take what still lies in the pipes of a child that has ended."""
        for fd in list(self._sources):
            while fd in self._sources and self._read(fd):
                pass

    def _read(self, fd: int) -> bool:
        into, cap, flood = self._sources[fd]
        try:
            data = os.read(fd, 65536)
        except BlockingIOError:
            return False
        into += data
        if not data:
            self._close(fd)
        elif len(into) > cap:
            self._close(fd)
            self._flooded = flood
            if not self.flood.done():
                self.flood.set_result(None)
        return bool(data)

    def _close(self, fd: int) -> None:
        asyncio.get_running_loop().remove_reader(fd)
        del self._sources[fd]
        os.close(fd)
