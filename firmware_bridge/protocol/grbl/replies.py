"""What Grbl says, line by line, as data (`doc/markdown/interface.md`, `report.c`)."""

import re
from dataclasses import dataclass
from enum import Enum, auto


class Reply(Enum):
    """What a line from the firmware means to a sender. One OK or ERROR is due for each line sent, and nothing else."""

    OK = auto()
    ERROR = auto()
    ALARM = auto()
    WELCOME = auto()
    """`Grbl 1.1h ['$' for help]`: it was switched on or reset."""
    STATUS = auto()
    MODES = auto()
    """`[GC:…]`: the answer to `$G`, which it gives in every state, so everything sent before was taken."""
    SETTING = auto()
    OPTIONS = auto()
    VERSION = auto()
    OFFSET = auto()
    OTHER = auto()


# The first that matches counts; groups hold the numbers or the text that matter. The wire may lose a byte or two
# of a line: what is no whole line of its kind is no line of its kind.
REPLIES: tuple[tuple[re.Pattern[bytes], Reply], ...] = (
    (re.compile(rb"ok"), Reply.OK),
    (re.compile(rb"error:\s*(\d+)"), Reply.ERROR),
    (re.compile(rb"ALARM:\s*(\d+)"), Reply.ALARM),
    (re.compile(rb"<([A-Za-z]+)(?::(\d+))?(\|[^<>]*)?>"), Reply.STATUS),
    (re.compile(rb"grbl(?:hal)? (\d+)\.(\d+)\S* \[.*", re.I), Reply.WELCOME),
    (re.compile(rb"\[GC:([^\]]*)\]"), Reply.MODES),
    (re.compile(rb"\$(\d+)=(-?[\d.]+)(?: .*)?"), Reply.SETTING),
    (re.compile(rb"\[OPT:([^,\]]*)(?:,(\d+),(\d+)[^\]]*)?\]"), Reply.OPTIONS),
    (re.compile(rb"\[VER:([^\]]*)\]"), Reply.VERSION),
    (re.compile(rb"\[(G5[4-9](?:\.\d)?|G28|G30|G92|TLO|PRB):([^\]]*)\]"), Reply.OFFSET),
)


def read_reply(line: bytes) -> tuple[Reply, tuple[bytes, ...]]:
    """A line without its line end → what it means, and what in it matters."""
    for pattern, reply in REPLIES:
        match = pattern.fullmatch(line)
        if match:
            return reply, tuple(group or b"" for group in match.groups())
    return Reply.OTHER, ()


@dataclass(frozen=True)
class Status:
    """What counts of a status report, None where it says nothing.

    `state` is Idle, Run, Hold, Jog, Alarm, Door, Check, Home, Sleep or Tool; `sub` is the number behind it.
    """

    state: str
    sub: int | None = None
    free_bytes: int | None = None
    homed: bool | None = None
    """grblHAL only."""


def read_status(groups: tuple[bytes, ...]) -> Status:
    """A report's parts; a field that was garbled on its way is left out."""
    state, sub, rest = groups
    fields: dict[str, tuple[float, ...]] = {}
    for field in rest.decode("ascii", "replace").split("|"):
        name, _, text = field.partition(":")
        try:
            fields[name] = tuple(float(number) for number in text.split(","))
        except ValueError:
            continue
    free = fields.get("Bf", ())
    return Status(
        state=state.decode(),
        sub=int(sub) if sub else None,
        free_bytes=int(free[1]) if len(free) > 1 else None,
        homed=bool(fields["H"][0]) if "H" in fields else None,
    )
