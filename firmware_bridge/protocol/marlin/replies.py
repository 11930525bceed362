"""What Marlin says, line by line, as data (`gcode/queue.cpp`, `module/temperature.cpp`, `core/language.h`)."""

import re
from enum import Enum, auto

from firmware_bridge.protocol.conversation import Temperatures
from firmware_bridge.protocol.marlin.framing import COUNT_BEFORE


class Reply(Enum):
    """What a line from the firmware means to a sender."""

    OK = auto()
    OK_TEMPERATURE = auto()
    """`ok T:…`: the answer to M105, so everything sent before it was taken."""
    OK_IDENTITY = auto()
    """Klipper's answer to M115, on the line of its `ok`."""
    WHEREABOUTS = auto()
    """The firmware named the last line it accepted: `Error:…Last Line: 7`, `Resend: 8`, `rs 8`."""
    HALTED = auto()
    FAILED = auto()
    """Klipper and Smoothie did not do a line; shut down or not ready, they answer so to nearly every one."""
    UNKNOWN_MOVE = auto()
    """What a program moves by, and this firmware was built without: it says so, says `ok`, and goes on without it."""
    SHUT_DOWN = auto()
    """Klipper has turned everything off, takes nothing but questions any more, and says why to whoever asks."""
    RESTARTED = auto()
    BUSY = auto()
    """Still at work; the detail says when it waits for a person."""
    HEATING = auto()
    """A temperature line of a waiting M109 or M190: it ends in `W:`, a reported one does not."""
    TEMPERATURE = auto()
    IDLE = auto()
    """`wait`: nothing is left to do, so no answer is on its way either."""
    IDENTITY = auto()
    """The first line of M115's answer: FIRMWARE_NAME and what follows it."""
    CAPABILITY = auto()
    ACTION = auto()
    ERROR = auto()
    OTHER = auto()


TEMPERATURES = frozenset({Reply.OK_TEMPERATURE, Reply.HEATING, Reply.TEMPERATURE})
TROUBLE = frozenset({Reply.SHUT_DOWN, Reply.UNKNOWN_MOVE, Reply.FAILED, Reply.HALTED, Reply.ERROR, Reply.RESTARTED})

_LOW_C, _HIGH_C = -300.0, 2_000.0
_NUMBERS = re.compile(rb"(?<!\S)(T|T0|B):\s*(-?\d+(?:\.\d+)?)(?:\s*/\s*(-?\d+(?:\.\d+)?))?")

# The first that matches counts; a group holds the number or the text that matters.
REPLIES: tuple[tuple[re.Pattern[bytes], Reply], ...] = (
    (re.compile(rb"ok\b.*\bT\d?:"), Reply.OK_TEMPERATURE),
    (re.compile(rb"ok .*?\b(FIRMWARE_(?:NAME|VERSION):.+)"), Reply.OK_IDENTITY),
    (re.compile(rb"ok(?: N?(\d+))?\b"), Reply.OK),  # Repetier names the line without the N
    (re.compile(rb"Error:.*(?:halted|kill\(\)|stopped|STOP called).*", re.I), Reply.HALTED),
    (re.compile(rb"!!.*"), Reply.FAILED),
    (re.compile(rb"fatal:.*"), Reply.HALTED),  # Repetier, until an M999
    (re.compile(rb".*\b(?:HALT asserted|M999 required)"), Reply.HALTED),  # Smoothie
    (re.compile(rb"Error:.*Last Line: ?(\d+)\s*$"), Reply.WHEREABOUTS),
    (re.compile(rb"(?:Resend|rs):? ?N?(\d+)\s*$", re.I), Reply.WHEREABOUTS),
    (re.compile(rb"rs N?(\d+) Expected.*", re.I), Reply.WHEREABOUTS),  # Smoothie
    (re.compile(rb"Error:.*"), Reply.ERROR),
    # Marlin, Klipper, Repetier, Prusa-Firmware. Of arcs Klipper knows nothing without [gcode_arcs].
    (
        re.compile(rb'(?:echo:|// ?)?Unknown (?:command|[GM] code): ?"?(G[0-3]|G28|G9[0-2]|M8[23])(?!\d)'),
        Reply.UNKNOWN_MOVE,
    ),
    (re.compile(rb"start\s*$"), Reply.RESTARTED),
    (re.compile(rb"// Klipper state: Disconnect"), Reply.RESTARTED),
    (re.compile(rb"// (?:Klipper state: Shutdown|Printer is shutdown)"), Reply.SHUT_DOWN),
    (re.compile(rb"(?:echo:)?\s*busy:\s*(paused for \w+)?"), Reply.BUSY),
    (re.compile(rb"\s*T\d?:.*W:"), Reply.HEATING),
    (re.compile(rb"\s*(?:T\d?|B):"), Reply.TEMPERATURE),
    (re.compile(rb"wait\s*$"), Reply.IDLE),
    (re.compile(rb"Cap:([A-Z0-9_]+):1\s*$"), Reply.CAPABILITY),
    (re.compile(rb"FIRMWARE_NAME:(.+)"), Reply.IDENTITY),
    (re.compile(rb"//\s*action:\s*(\w.*)"), Reply.ACTION),
)


def read_reply(line: bytes) -> tuple[Reply, bytes | None]:
    """A line without its line end → what it means, and the number or word in it that matters."""
    for pattern, reply in REPLIES:
        match = pattern.match(line)
        if match:
            return reply, match[1] if pattern.groups else None
    return Reply.OTHER, None


_FREE = re.compile(rb"ok\b.* B(\d{1,3})\s*$")


def free_places(line: bytes) -> int | None:
    """How many places of its queue a firmware with ADVANCED_OK says are free; None without."""
    match = _FREE.match(line)
    return int(match[1]) if match else None


def last_accepted(line: bytes, number: bytes) -> int:
    """The program's last line that the firmware accepted, from a WHEREABOUTS line: a resend names the one after it.

    0 before the first; less from one that was reset.
    """
    return int(number) - COUNT_BEFORE - (0 if line.startswith(b"Error") else 1)


def line_named(number: bytes | None) -> int | None:
    """The program's line that an `ok N12` answers; None where it names none of them."""
    return int(number) - COUNT_BEFORE if number and int(number) > COUNT_BEFORE else None


def read_temperatures(line: bytes, known: Temperatures) -> Temperatures:
    """`known`, brought up to date by a line with `T:210.0 /210.0 B:60.0 /60.0`."""
    values: dict[bytes, tuple[float, float | None]] = {}
    for name, now_c, target_c in _NUMBERS.findall(line):
        if not _LOW_C <= float(now_c) <= _HIGH_C or not _LOW_C <= float(target_c or 0) <= _HIGH_C:
            continue  # garbled on its way
        values.setdefault(name[:1], (float(now_c), float(target_c) if target_c else None))
    hotend = values.get(b"T", (known.hotend_c, None))
    bed = values.get(b"B", (known.bed_c, None))
    return Temperatures(
        hotend_c=hotend[0],
        hotend_target_c=known.hotend_target_c if hotend[1] is None else hotend[1],
        bed_c=bed[0],
        bed_target_c=known.bed_target_c if bed[1] is None else bed[1],
    )
