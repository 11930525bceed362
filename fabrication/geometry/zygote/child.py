"""What a forked child does: wall itself in, read its request, run the job, say what came of it, and end."""

import os
import sys
import traceback
from pathlib import Path

import msgspec

from fabrication.errors import ScriptFailed, SourceError, UploadRefused, ValueRefused
from fabrication.geometry.confinement import canaries, walls
from fabrication.geometry.confinement.walls import Order
from fabrication.geometry.protocol import MESSAGE_MAX, NAME_MAX, Claimed, Confined, Raised, Unconfined
from fabrication.geometry.zygote.kinds import Loaded

NAME = "forge-job"


def name_process(name: str) -> None:
    """What the system's list of processes calls this one; at most 15 letters."""
    Path("/proc/self/comm").write_text(name)


def do(order: Order, kind: Loaded, readable: tuple[str, ...], zygote: int, fds: tuple[int, int, int]) -> None:
    """`fds` are those of log, result and request. Never returns to the zygote's own code."""
    exit_code = walls.EXIT_UNCONFINED
    try:
        walls.settle(zygote, fds)
        name_process(NAME)
        try:
            proof = walls.raise_walls(order, readable, zygote)
        except (OSError, ValueError, KeyError, canaries.WallMissing) as error:
            _write(walls.RESULT_FD, msgspec.json.encode(Unconfined(reason=f"{error}"[:MESSAGE_MAX])))
            return
        _write(walls.RESULT_FD, msgspec.json.encode(Confined(proof=proof)))
        exit_code = 1
        os.environ["HOME"] = order.folder  # libraries ask for it
        with open(walls.REQUEST_FD, "rb") as file:  # noqa: PTH123
            request = msgspec.json.decode(file.read(), type=dict[str, object])
        _write(walls.RESULT_FD, msgspec.json.encode(_outcome(kind, request, Path(order.folder))))
        sys.stdout.flush()
        sys.stderr.flush()
        exit_code = 0
    finally:
        os._exit(exit_code)


def _outcome(kind: Loaded, request: dict[str, object], folder: Path) -> Claimed | Raised:
    try:
        claim = kind.run(request, folder)
        msgspec.json.encode(claim)
    except (ScriptFailed, SourceError) as error:
        return Raised(error=type(error).__name__, message=_without_line(error)[:MESSAGE_MAX], line=error.line)
    except ValueRefused as error:
        return Raised(error="ValueRefused", message=str(error)[:MESSAGE_MAX], problems=error.problems)
    except UploadRefused as error:
        return Raised(error="UploadRefused", message=str(error)[:MESSAGE_MAX])
    except OSError as error:
        # The number is what tells a passed limit from an author's mistake.
        _log_traceback(kind)
        return Raised(error="OSError", message=str(error)[:MESSAGE_MAX], line=error.errno)
    except BaseException as error:  # noqa: BLE001  whatever a script or the kernel raises is an outcome
        _log_traceback(kind)
        return Raised(error=type(error).__name__[:NAME_MAX], message=str(error)[:MESSAGE_MAX])
    return Claimed(claim=claim)


def _log_traceback(kind: Loaded) -> None:
    if kind.runs_author_code:
        return  # an author's log is what their script printed, not where we stood
    # An exception may quote whatever it likes; that is no reason to be stopped for printing too much.
    sys.stderr.write(traceback.format_exc()[-MESSAGE_MAX:])


def _without_line(error: ScriptFailed | SourceError) -> str:
    return str(error).removeprefix(f"line {error.line}: ")


def _write(fd: int, line: bytes) -> None:
    rest = memoryview(line + b"\n")
    while rest:
        rest = rest[os.write(fd, rest) :]
