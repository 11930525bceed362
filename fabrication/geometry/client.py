"""The forge from outside: start it, ask it for jobs, ask how it is."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from fabrication import errors
from fabrication.geometry import protocol
from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.protocol import (
    JSON,
    Answer,
    Done,
    Failed,
    ForgeHealth,
    HealthRequest,
    Progress,
    RunRequest,
)

__all__ = ["ForgeClient", "ForgeHealth", "JobResult", "Limits", "Progress", "start_forge"]

PATIENCE_S = 300.0
"""Longest silence of the forge, queue included: far beyond any job's own limits."""
START_S = 60.0


@dataclass(frozen=True, slots=True)
class JobResult:
    """`claim` is what the job says of itself, `outputs` its files; hashes and sizes are the caller's to take."""

    claim: dict[str, JSON]
    outputs: dict[str, bytes]
    log: str
    seconds: float


class ForgeClient:
    """Safe to share between threads: each call is a connection of its own."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def run(
        self,
        kind: str,
        request: dict[str, JSON],
        inputs: Mapping[str, bytes],
        *,
        limits: Limits | None = None,
        asker: str = "",
        background: bool = False,
        replaces: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> JobResult:
        """Have one job done. `limits` can only lower those of its kind. Input names may have folders: "lib/teeth.py".

        `asker` (at most 80 characters) is whom the queue is fair to; without one this call is an asker of its own.
        A `background` job waits until nobody else does. `replaces` stops the same asker's older jobs that were asked
        for with `replaces` too. `on_progress` is called about once a second, in this thread; what it raises ends the
        job and comes out here.

        Raises ScriptFailed, SourceError, ValueRefused, UploadRefused, JobKilled, Superseded, KernelCrashed,
        ConfinementUnavailable, ForgeUnavailable. A `ForgeError`'s `log` is what the job had printed.
        """
        message = RunRequest(
            kind=kind,
            request=cast(dict[str, object], request),
            limits=limits,
            blobs=tuple((name, len(data)) for name, data in inputs.items()),
            asker=asker,
            lane="background" if background else "interactive",
            replaces=replaces,
            # A background job may wait for hours: its frames tell that the forge lives.
            progress=background or on_progress is not None,
        )
        answer, outputs = self._ask(message, inputs, on_progress=on_progress)
        if isinstance(answer, Failed):
            raise _error(answer)
        if not isinstance(answer, Done):
            raise errors.ForgeUnavailable("the forge answered another question")
        return JobResult(cast(dict[str, JSON], answer.claim), outputs, answer.log, answer.seconds)

    def health(self, patience_s: float = PATIENCE_S) -> ForgeHealth:
        """What holds on this host. Raises ForgeUnavailable, also where no answer comes within `patience_s`."""
        answer, _ = self._ask(HealthRequest(), {}, patience_s)
        if not isinstance(answer, ForgeHealth):
            raise errors.ForgeUnavailable("the forge answered another question")
        return answer

    def _ask(
        self,
        message: RunRequest | HealthRequest,
        inputs: Mapping[str, bytes],
        patience_s: float = PATIENCE_S,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> tuple[Answer, dict[str, bytes]]:
        try:
            protocol.check_inputs(message.blobs if isinstance(message, RunRequest) else ())
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(patience_s)
                connection.connect(str(self._socket))
                for piece in protocol.frame(message, inputs):
                    connection.sendall(piece)
                with connection.makefile("rb") as stream:
                    while isinstance(answer := _reply(stream.read), Progress):
                        if on_progress is not None:
                            on_progress(answer)
                    blobs = answer.blobs if isinstance(answer, Done) else ()
                    return answer, {name: _exactly(stream.read, length) for name, length in blobs}
        except (OSError, EOFError, protocol.ProtocolError) as error:
            raise errors.ForgeUnavailable(f"the forge at {self._socket} does not answer: {error}") from error


def _reply(read: Callable[[int], bytes]) -> protocol.Reply:
    return protocol.parse_reply(_exactly(read, protocol.header_length(_exactly(read, protocol.LENGTH.size))))


def _exactly(read: Callable[[int], bytes], length: int) -> bytes:
    data = read(length)
    if len(data) != length:
        raise EOFError(f"it ended after {len(data)} of {length} bytes")
    return data


_PLAIN_ERRORS = {
    error.__name__: error
    for error in (
        errors.JobKilled,
        errors.TookTooLong,
        errors.Superseded,
        errors.KernelCrashed,
        errors.ConfinementUnavailable,
    )
}


def _error(failed: Failed) -> errors.FabricationError:
    match failed.error:
        case "SourceError":
            return errors.SourceError(failed.message, failed.line)
        case "UploadRefused":
            return errors.UploadRefused(failed.message)
        case "ValueRefused":
            return errors.ValueRefused(failed.problems or {"": failed.message})
        case "ScriptFailed":
            error: errors.ForgeError = errors.ScriptFailed(failed.message, failed.line)
        case name:
            error = _PLAIN_ERRORS.get(name, errors.ForgeUnavailable)(failed.message)
    error.log = failed.log
    return error


def start_forge(socket: Path, log: Path, *options: str, user: int | None = None) -> "subprocess.Popen[bytes]":
    """Start a forge on `socket`, its messages appended to `log`, and wait until it has tried its walls and answers.

    It ends when the caller closes the process's `stdin`, or is gone itself. `user` is an unprivileged uid to run it
    as, where the caller is root. Raises ForgeUnavailable if it does not come up; walls that do not hold are no such
    failure: `ForgeClient.health` tells, and every job is refused.
    """
    command = [sys.executable, "-P", "-m", "fabrication.geometry.forge", "--socket", str(socket), "--exit-with-stdin"]
    with log.open("ab") as file:
        process = subprocess.Popen(
            [*command, *options],
            env={name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=file,
            user=user,
            group=user,
            extra_groups=None if user is None else (),
        )
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            ForgeClient(socket).health()
        except errors.ForgeUnavailable:
            time.sleep(0.05)
        else:
            return process
    process.kill()
    process.communicate()
    raise errors.ForgeUnavailable(f"the forge did not come up; its log is {log}")
