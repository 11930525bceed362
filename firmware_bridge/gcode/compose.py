"""Whole programs: start + body + end for a machine, and the bridge's own look at what it was given.

The start and end blocks are the owner's programs in canonical form, a router's start after the settings that
all of its programs take as given. Where a profile has no end program, its end block turns the heaters and the fan
off, or lifts the tool and turns spindle and coolant off.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from firmware_bridge.errors import NoGcode, ProfileError, ProgramRefused, Refusal
from firmware_bridge.gcode import canonical
from firmware_bridge.gcode.dialect import Place
from firmware_bridge.gcode.gate import Gate, GateReport, Sink, dialect_of
from firmware_bridge.gcode.parse import LineRefused, read_lines, says_nothing
from firmware_bridge.machine import MachineProfile, Profile

_IN_START = "in the machine's own start program: "
_IN_END = "in the machine's own end program: "


def generic_profile(firmware: str) -> MachineProfile:
    """A machine nobody described: a printer of 220 × 220 × 250 mm, 260 °C, bed 110 °C, or a router of
    300 × 180 × 45 mm. Raises `ProfileError`."""
    if firmware == "marlin":
        return MachineProfile(name="a generic Marlin printer")
    if firmware == "grbl":
        return MachineProfile.parse('name = "a generic Grbl router"\nprocess = "milling"')
    raise ProfileError(f"no firmware {firmware!r} is known here; there are marlin and grbl")


def blocks(profile: Profile, material: str) -> tuple[bytes, bytes]:
    """The machine's own start and end blocks for a material, canonical.

    Raises `ProfileError` for a material it does not have, `ProgramRefused` (lines counted in the owner's
    text) where the owner's programs pass the machine's own limits or say what no program may.
    """
    start, end = _blocks(profile, material)
    return _bytes(start), _bytes(end)


def compose(body: Iterable[str], profile: Profile, material: str, out: Sink | None) -> GateReport:
    """Start + body + end through the gate, canonical bytes to `out`, if to anything.

    `body` is any G-code, line by line, with or without line ends. Raises `ProgramRefused` (lines counted in
    the body; `out` then holds no program) and `ProfileError`.
    """
    start, end = _blocks(profile, material)
    gate = Gate(profile, out)
    _through(gate, start, body, end, first_line=1)
    return gate.report()


def verify(program: Path, profile: Profile, material: str) -> GateReport:
    """The bridge's own gate on a program it was given, in constant memory.

    It must begin and end with this machine's own blocks, pass, and be byte for byte what this gate writes.
    Raises `ProgramRefused` (lines counted in the file), `ProfileError`, `OSError`.
    """
    start, end = _blocks(profile, material)
    head, tail = _bytes(start), _bytes(end)
    with program.open("rb") as file:
        if file.read(len(head)) != head:
            raise _refused(1, f"it does not begin with the start program of {profile.name} for {material}: plan again")
        size = file.seek(0, 2)
        file.seek(max(len(head), size - len(tail)))
        if file.read(len(tail) + 1) != tail:
            raise _refused(0, f"it does not end with the end program of {profile.name} for {material}: plan again")
        file.seek(0)
        same = _Same(file)
        gate = Gate(profile, same)
        lines = islice(read_lines(program), len(start), None)
        body = _all_but_last(lines, deque(), len(end))
        _through(gate, start, body, end, first_line=len(start) + 1)
        report = gate.report()
        same.finish()
    return report


def check_file(path: Path, profile: Profile, material: str | None, out: Sink | None = None) -> GateReport:
    """A file as somebody gives it, with the machine's own programs for `material` around it, where one is said.

    Raises `ProgramRefused`, `NoGcode` where there is nothing in it, and `ProfileError` for a material it does not have.
    """
    if says_nothing(read_lines(path)):
        raise NoGcode((Refusal(0, "", "there is no command in it: nothing would be made"),))
    if material is not None:
        return compose(read_lines(path), profile, material, out)
    return check(read_lines(path), profile, out)


def check(program: Iterable[str], profile: Profile, out: Sink | None = None) -> GateReport:
    """Any program, as a whole: what `firmware-bridge check` and `stream` ask.

    A printer that has a start program of its own is homed only by that: the program must then begin with its
    start block, for any of its materials, in canonical form. A router's settings and safe end are added where the
    program does not begin and end with its blocks. Raises `ProgramRefused`, `ProfileError`.
    """
    gate = Gate(profile, out)
    pairs = _every_pair(profile)
    lines = iter(program)
    head = list(islice(lines, max((len(start) for start, _ in pairs), default=0)))
    said = [line.removesuffix("\n") for line in head]
    ends = [end for start, end in pairs if said[: len(start)] == start]
    own = next((start for start, _ in pairs if said[: len(start)] == start), [])
    gate.section(own or gate.dialect.settings.splitlines(), Place.START, where=_IN_START)
    last: deque[str] = deque()
    rest = chain(head[len(own) :], lines)
    longest = max((len(end) for end in ends), default=0)
    place = _body_place(profile)
    body = _Counted(_all_but_last(rest, last, longest))
    gate.section(body, place, first_line=len(own) + 1)
    tail = [line.removesuffix("\n") for line in last]
    end = max((end for end in ends if tail[len(tail) - len(end) :] == end), key=len, default=[])
    first = len(own) + body.count + 1
    gate.section(tail[: len(tail) - len(end)], place, first_line=first)
    gate.finish(end or gate.state.ending(), first_line=first + len(tail) - len(end))
    return gate.report()


def _through(gate: Gate, start: list[str], body: Iterable[str], end: list[str], *, first_line: int) -> None:
    gate.section(start, Place.START, where=_IN_START)
    gate.section(body, _body_place(gate.profile), first_line=first_line)
    gate.finish(end, where=_IN_END)


def _body_place(profile: Profile) -> Place:
    return Place.BODY if profile.programs.start.strip() else Place.WHOLE


def _every_pair(profile: Profile) -> list[tuple[list[str], list[str]]]:
    """Both blocks for each material. Raises when none of them has usable ones."""
    pairs: list[tuple[list[str], list[str]]] = []
    refused: ProgramRefused | None = None
    for material in profile.materials:
        try:
            pairs.append(_blocks(profile, material.name))
        except ProgramRefused as error:
            refused = refused or error
    if refused and not pairs:
        raise refused
    if not profile.materials and dialect_of(profile).settings:
        pairs.append(_filled_blocks(profile, {}))  # A router's blocks are there without any.
    return pairs


def _blocks(profile: Profile, material: str) -> tuple[list[str], list[str]]:
    chosen = profile.material(material)
    filled = {"{hotend_c}": canonical.number(chosen.hotend_c), "{bed_c}": canonical.number(chosen.bed_c)}
    return _filled_blocks(profile, filled)


def _filled_blocks(profile: Profile, values: dict[str, str]) -> tuple[list[str], list[str]]:
    out = BytesIO()
    gate = Gate(profile, out)
    gate.section(gate.dialect.settings.splitlines(), Place.START)
    gate.section(_filled(profile.programs.start, values), Place.START, where=_IN_START)
    gate.report()
    # What comes before the end is the body, not known yet: it is judged there, and only written here.
    end = _canonical_end(profile, _filled(profile.programs.end.strip() or gate.dialect.end(profile), values))
    return out.getvalue().decode("ascii").splitlines(), end


def _filled(text: str, values: dict[str, str]) -> list[str]:
    for name, value in values.items():
        text = text.replace(name, value)
    return text.split("\n")


def _canonical_end(profile: Profile, text: list[str]) -> list[str]:
    dialect = dialect_of(profile)
    state = dialect.state(profile)
    lines: list[str] = []
    refusals: list[Refusal] = []
    for number, line in enumerate(text, 1):
        try:
            found = dialect.read(state, line, dialect.tables[Place.END], profile.limits)
        except LineRefused as refused:
            refusals.append(Refusal(number, line.strip(), _IN_END + refused.reason))
        else:
            lines += [command.text for command in found if command.text]
    if refusals:
        raise ProgramRefused(tuple(refusals))
    return lines


def _bytes(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def _all_but_last(lines: Iterable[str], last: deque[str], count: int) -> Iterator[str]:
    """All lines except the last `count`, which stay in `last`."""
    for line in lines:
        last.append(line)
        if len(last) > count:
            yield last.popleft()


class _Counted:
    """Lines, and how many went by."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = lines
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.count += 1
            yield line


class _Same:
    """Takes what the gate writes and holds it against an open file."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.lines = 0

    def write(self, data: bytes) -> int:
        given = self.file.read(len(data))
        if given != data:
            ours, theirs = data.split(b"\n"), given.split(b"\n")
            pairs = enumerate(zip(ours, theirs, strict=False))
            # Where they differ in no line, the last one has no end.
            before = next((n for n, (one, other) in pairs if one != other), len(theirs) - 1)
            raise _differs(self.lines + before + 1, theirs[before], ours[before])
        self.lines += data.count(b"\n")
        return len(data)

    def finish(self) -> None:
        if more := self.file.readline(200):
            raise _differs(self.lines + 1, more, b"")


def _differs(line: int, theirs: bytes, ours: bytes) -> ProgramRefused:
    form = f"this gate writes {ours.decode('ascii')!r}" if ours else "this gate writes nothing there"
    if ours == theirs:
        form = "this gate writes a line end after it"
    text = theirs.decode("ascii", "backslashreplace").strip()[:80]
    reason = f"not in canonical form ({form}): plan again, or update the bridge if the commons has a newer gate"
    return ProgramRefused((Refusal(line, text, reason),))


def _refused(line: int, reason: str) -> ProgramRefused:
    return ProgramRefused((Refusal(line, "", reason),))
