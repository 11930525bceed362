"""What client, supervisor, zygote and child say to each other: the types, the framing, the hostile-message parser.

A frame is four bytes of length (big-endian), that many bytes of JSON, then the blobs the JSON announces.
One request a connection; its answer is one frame, before which come frames of `Progress` if they were asked for.
"""

import re
import struct
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import msgspec

from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.confinement.walls import Proof

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

HEADER_MAX = 4 * 1024 * 1024
BLOBS_MAX = 256 * 1024 * 1024
LENGTH = struct.Struct(">I")

NAME_MAX, MESSAGE_MAX = 80, 4_000
"""Characters of a class's or a parameter's name, and of a sentence, that are taken from a job."""
Words: TypeAlias = Annotated[str, msgspec.Meta(max_length=MESSAGE_MAX)]
_PROBLEMS = msgspec.Meta(max_length=256)

DEPTH_MAX = 3
"""Parts of an input's name: files lie beside the script or in folders there. Outputs are flat."""
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


class ProtocolError(Exception):
    """The other side of the socket sent what is no message."""


class _Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class RunRequest(_Message, frozen=True, kw_only=True, tag="run"):
    """Client → supervisor. `blobs` are the input files: name and length, in the order they follow.

    `asker` is whom the queue is fair to; without one a connection is an asker of its own. `replaces` stops the
    same asker's older jobs that were asked for with it too. `progress` asks for a frame about once a second.
    """

    kind: str
    request: dict[str, object]
    limits: Limits | None = None
    blobs: tuple[tuple[str, int], ...] = ()
    asker: Annotated[str, msgspec.Meta(max_length=80)] = ""
    lane: Literal["interactive", "background"] = "interactive"
    replaces: bool = False
    progress: bool = False


class HealthRequest(_Message, frozen=True, kw_only=True, tag="health"):
    """Client → supervisor."""


class Progress(_Message, frozen=True, kw_only=True, tag="progress"):
    """Supervisor → client, while it has no answer yet."""

    state: Literal["waiting", "running"]
    ahead: int
    """Jobs that will start before this one, as the queue stands; 0 once it runs."""
    seconds: float
    """How long it has been in this state."""


class Done(_Message, frozen=True, kw_only=True, tag="done"):
    """Supervisor → client. `blobs` are the output files."""

    claim: dict[str, object]
    log: str
    seconds: float
    blobs: tuple[tuple[str, int], ...] = ()


class Failed(_Message, frozen=True, kw_only=True, tag="failed"):
    """Supervisor → client: the class of the error, by its name in `fabrication.errors`, and what it is made of.

    `log` is what the job printed until then.
    """

    error: str
    message: str
    line: int | None = None
    problems: dict[str, str] | None = None
    log: str = ""


class ForgeHealth(_Message, frozen=True, kw_only=True, tag="holds"):
    """What the forge found out about itself; for a health page."""

    ready: bool
    """Jobs are taken and a check job proved every wall."""
    reason: str
    """Why it is not ready, as one sentence; else empty."""
    proof: Proof | None
    drops_to_uid: bool
    """Runs as root and becomes an unprivileged uid for each job."""
    slots: int
    running: int
    waiting: int
    astray: int
    """Jobs that hold a place and that nobody runs or waits for: none, or the forge is at fault and to be restarted."""
    unavailable_kinds: dict[str, str]
    outer_wall: str
    """What stands around the zygote, or "none: " and why."""
    zygotes_started: int
    zygote_forks: int
    """Of the one that serves, as is its memory of its own."""
    zygote_bytes: int


Request: TypeAlias = RunRequest | HealthRequest
Answer: TypeAlias = Done | Failed | ForgeHealth
Reply: TypeAlias = Answer | Progress


class Raised(_Message, frozen=True, kw_only=True, tag="raised"):
    """Child → supervisor: the job raised. `error` is the class's name, `line` the script's or an `errno`."""

    error: Annotated[str, msgspec.Meta(max_length=NAME_MAX)]
    message: Words
    line: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] | None = None
    problems: Annotated[dict[Annotated[str, msgspec.Meta(max_length=NAME_MAX)], Words], _PROBLEMS] | None = None


class Claimed(_Message, frozen=True, kw_only=True, tag="claimed"):
    """Child → supervisor: what the job says it did. Nothing in it is believed for being here."""

    claim: dict[str, object]


class Unconfined(_Message, frozen=True, kw_only=True, tag="unconfined"):
    """Child → supervisor: a wall is missing, nothing was run."""

    reason: str


class Confined(_Message, frozen=True, kw_only=True, tag="confined"):
    """Child → supervisor: the walls stand. Always the first line, written before the script is read."""

    proof: Proof


def frame(message: msgspec.Struct, blobs: Mapping[str, bytes] | None = None) -> list[bytes]:
    """The pieces to send, in order; the message's own `blobs` must announce `blobs`."""
    header = msgspec.json.encode(message)
    if len(header) > HEADER_MAX:
        raise ProtocolError(f"a message of {len(header)} bytes; at most {HEADER_MAX} are sent")
    return [LENGTH.pack(len(header)), header, *(blobs or {}).values()]


def header_length(prefix: bytes) -> int:
    """Raises ProtocolError."""
    (length,) = LENGTH.unpack(prefix)
    if length > HEADER_MAX:
        raise ProtocolError(f"a message of {length} bytes; at most {HEADER_MAX} are taken")
    return int(length)


def parse_request(header: bytes) -> Request:
    """Raises ProtocolError."""
    try:
        message: Request = msgspec.json.decode(header, type=RunRequest | HealthRequest)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise ProtocolError(f"not a request: {error}") from error
    if isinstance(message, RunRequest):
        check_inputs(message.blobs)
    return message


def parse_reply(header: bytes) -> Reply:
    """Raises ProtocolError."""
    try:
        message: Reply = msgspec.json.decode(header, type=Done | Failed | ForgeHealth | Progress)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise ProtocolError(f"not an answer: {error}") from error
    if isinstance(message, Done):
        _check_blobs(message.blobs, depth_max=1)
    return message


def check_inputs(blobs: tuple[tuple[str, int], ...]) -> None:
    """Names that stay in the job's folder, none twice nor below another, sane lengths. Raises ProtocolError."""
    _check_blobs(blobs, DEPTH_MAX)


def _check_blobs(blobs: tuple[tuple[str, int], ...], depth_max: int) -> None:
    names = [name for name, _ in blobs]
    for name in names:
        parts = name.split("/")
        if len(parts) > depth_max or not all(_FILE_NAME.fullmatch(part) for part in parts):
            raise ProtocolError(
                f"{name!r} is no file name: letters, digits, `.`, `-` and `_` in at most {depth_max} parts"
            )
    folders = {name.rsplit("/", cut)[0] for name in names for cut in range(1, name.count("/") + 1)}
    if len(set(names)) != len(names) or folders & set(names):
        raise ProtocolError(f"each file name comes once: {names}")
    if any(length < 0 for _, length in blobs) or sum(length for _, length in blobs) > BLOBS_MAX:
        raise ProtocolError(f"files of more than {BLOBS_MAX} bytes")


def parse_first_line(line: bytes) -> Confined | Unconfined | None:
    """What the child found before it read the script; None if it died before it could say."""
    try:
        return msgspec.json.decode(line, type=Confined | Unconfined)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def parse_result(line: bytes) -> Claimed | Raised | None:
    """The job's own message, written by a process that ran hostile code; None for whatever is no such message."""
    try:
        return msgspec.json.decode(line, type=Claimed | Raised)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
