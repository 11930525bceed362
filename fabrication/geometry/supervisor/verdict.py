"""What became of a job, from what the kernel says of it first and from what it says itself last. Pure."""

import errno
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from fabrication.geometry.confinement import walls
from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.confinement.walls import Proof
from fabrication.geometry.protocol import (
    Claimed,
    Confined,
    Failed,
    Raised,
    Unconfined,
    parse_first_line,
    parse_result,
)

VALUE_MAX, VALUES_MAX = 60, 600
"""Characters of one value, and of all, that a sentence about them holds."""

_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP}
_SIGNAL_NAMES = {int(one): one.name for one in signal.Signals}


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why the supervisor killed a child: "it …"; `late` where that was its time."""

    why: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """What the supervisor saw. `stopped` says why it killed the child, if it did."""

    status: int
    cpu_s: float
    result: bytes
    stopped: Stopped | None


def judge(
    ended: Ended, limits: Limits, *, runs_author_code: bool, values: Mapping[str, object] | None = None
) -> Claimed | Failed:
    """The one outcome of a job, and what to tell a person: a crash names the `values` it came with."""
    first, _, rest = ended.result.partition(b"\n")
    opening = parse_first_line(first)
    code = os.waitstatus_to_exitcode(ended.status)
    on_these = _on_these(values)
    if ended.stopped is not None:
        error = "TookTooLong" if ended.stopped.late else "JobKilled"
        return Failed(error=error, message=f"stopped: it {ended.stopped.why}")
    if not isinstance(opening, Confined):
        return Failed(error="ConfinementUnavailable", message=_why_unconfined(opening, code))
    if code < 0:
        return _by_signal(-code, ended.cpu_s, limits, on_these)
    # Exit 97 behind this point is the script's own, and says nothing.
    result = parse_result(rest.removesuffix(b"\n"))
    if code != 0 or result is None:
        return _without_result(code, on_these, runs_author_code=runs_author_code)
    if isinstance(result, Claimed):
        return result
    # Not what would move a terminal's cursor.
    plain = "".join(sign if sign.isprintable() else " " for sign in result.message)
    raised = msgspec.structs.replace(result, message=plain)
    return _by_exception(raised, limits, on_these, runs_author_code=runs_author_code)


def proof(result: bytes) -> Proof | None:
    """What the child proved before it read its request, if it came so far."""
    opening = parse_first_line(result.partition(b"\n")[0])
    return opening.proof if isinstance(opening, Confined) else None


def _why_unconfined(opening: Unconfined | None, code: int) -> str:
    if opening is not None:
        return f"refused: confinement unavailable ({opening.reason})"
    cause = "the walls could not be begun" if code == walls.EXIT_UNCONFINED else f"the child ended with {code}"
    return f"refused: confinement unavailable ({cause})"


def _on_these(values: Mapping[str, object] | None) -> str:
    if not values:
        return ""
    said, left = [], VALUES_MAX
    for name, value in values.items():
        text = repr(value)
        said.append(f"{name} = {text if len(text) <= VALUE_MAX else text[: VALUE_MAX - 1] + '…'}")
        left -= len(said[-1]) + 2
        if left < 0:
            said[-1] = f"and {len(values) - len(said) + 1} more"
            break
    return f" on {', '.join(said)}"


def _by_signal(number: int, cpu_s: float, limits: Limits, on_these: str) -> Failed:
    if number == signal.SIGXCPU or (number == signal.SIGKILL and cpu_s >= limits.cpu_s):
        return Failed(error="TookTooLong", message=f"stopped after {limits.cpu_s} s of computing")
    if number == signal.SIGXFSZ:
        return Failed(error="JobKilled", message=_file_too_large(limits))
    if number == signal.SIGSYS:
        return Failed(error="JobKilled", message="stopped: it asked the system for what no design may have")
    if number == signal.SIGKILL:
        return Failed(error="JobKilled", message="stopped by the system, most likely for want of memory")
    name = _SIGNAL_NAMES.get(number, f"signal {number}")  # real-time signals have no names
    if number in _CRASHES:
        return Failed(error="KernelCrashed", message=f"the geometry kernel crashed{on_these} ({name})")
    return Failed(error="JobKilled", message=f"stopped: it ended itself with {name}")


def _without_result(code: int, on_these: str, *, runs_author_code: bool) -> Failed:
    if runs_author_code:
        return Failed(error="ScriptFailed", message=f"the script ended early (exit code {code}) and gave no result")
    message = f"the geometry kernel ended early{on_these} (exit code {code}) and gave no result"
    return Failed(error="KernelCrashed", message=message)


def _by_exception(raised: Raised, limits: Limits, on_these: str, *, runs_author_code: bool) -> Failed:
    if raised.error in {"ScriptFailed", "SourceError", "ValueRefused", "UploadRefused"}:
        return Failed(error=raised.error, message=raised.message, line=raised.line, problems=raised.problems)
    if raised.error == "MemoryError" or (raised.error == "OSError" and raised.line == errno.ENOMEM):
        return Failed(
            error="JobKilled", message=f"stopped: it needed more than {limits.memory // 1024**2} MiB of memory"
        )
    if raised.error == "OSError" and raised.line == errno.EFBIG:
        return Failed(error="JobKilled", message=_file_too_large(limits))
    message = f"{raised.error}: {raised.message}"
    if runs_author_code:
        return Failed(error="ScriptFailed", message=message)
    return Failed(error="KernelCrashed", message=f"the geometry kernel failed{on_these} ({message})")


def _file_too_large(limits: Limits) -> str:
    return f"stopped: it wrote a file of more than {limits.file // 1024**2} MiB"
