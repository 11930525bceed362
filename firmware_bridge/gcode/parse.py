"""Text to words. Nothing here knows what a command means; everything odd is refused, not guessed."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.errors import NoGcode, ProgramRefused, Refusal
from firmware_bridge.gcode.kinds import why_no_gcode

CODE_MAX = 96
"""Longest command as given, comments not counted: Marlin's own `MAX_CMD_SIZE`."""
TEXT_MAX = 65_536
"""Longest line of a file, comments counted: slicers write their settings into comments of a few kB."""
_CHUNK = 1 << 16
PLACEHOLDER = ", which the slicer was to fill in; a machine's own programs may have {hotend_c} and {bed_c}"

CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_COMMENT = re.compile(r"\([^()]*\)|;.*")
_COMMAND = re.compile(r"([GMT])0{0,3}([0-9]{1,4})(?:\.([0-9]))?(?![0-9.])", re.ASCII | re.IGNORECASE)
_MACRO = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+(?![^ \t])", re.ASCII | re.IGNORECASE)
WORD = re.compile(r"([ \t]*)([A-Z])([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?![0-9.+-]))?")
"""The space before a word, its letter, and its number as far as it has one."""


_VALUE = re.compile(r"0x[0-9a-f]{2}|(?<![a-z])'[^']*'|(?<![GMT0-9.])(?:(?<!reach )-)?[0-9]+(?:\.[0-9]+)?")
"""What differs in reasons of one kind: the program's own words, and numbers that are no command's. The sign of a place
out of reach stays: it tells the two sides of the machine apart."""


class LineRefused(Exception):
    """Why one line may not pass. `once`: the cause lies further up, so saying it once is enough."""

    def __init__(self, reason: str, *, once: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.once = once

    @property
    def kind(self) -> str:
        """Lines refused for one kind of reason are told of together."""
        return _VALUE.sub("#", self.reason)


class Unsaid(Exception):
    """What a program leaves to the state that a machine begins in: these lines say it, before the command that needs
    it. That one is then followed anew from its beginning, so what it changed the first time must bear to be done twice,
    and the machine may not have moved by it."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Statement:
    """One command (`"G1"`, `"M862.3"`) and the text after it, upper case, comments gone."""

    command: str
    rest: str


def statement(line: str, is_text: Callable[[str], bool] = lambda _: False) -> Statement | None:
    """The command in one line, or None when it holds nothing but comment and space. What follows a command that
    `is_text` is left out unread.

    Raises `LineRefused`.
    """
    code = _said(line)
    if (found := _COMMAND.match(code)) and is_text(command := _name(found)):
        return Statement(command, "")
    _refuse_odd(code)
    if not code:
        return None
    if code[0] in "Nn":
        raise LineRefused("a line number (N) is for the bridge to add")
    if not found:
        if macro := _MACRO.match(code):
            raise LineRefused(
                f"{macro[0].upper()} is a command or macro of Klipper's, and no G-code: set the slicer to write"
                " Marlin's, and write out the lines that a macro stands for"
            )
        raise LineRefused("no command that begins with G, M or T and a number")
    return Statement(_name(found), code[found.end() :].upper())


def _name(found: re.Match[str]) -> str:
    letter, digits, sub = found.groups()
    return f"{letter.upper()}{int(digits)}" + (f".{sub}" if sub and sub != "0" else "")


def code_of(line: str) -> str:
    """What a line says without its comments and end, upper case; empty when that is nothing.

    Raises `LineRefused` for what is no code in any dialect.
    """
    code = _said(line)
    _refuse_odd(code)
    return code.upper()  # not before: the capitals of some letters that are none of ASCII's are


def _said(line: str) -> str:
    line = line.removesuffix("\n").removesuffix("\r")
    if len(line) > TEXT_MAX:
        raise LineRefused(f"the line is longer than {TEXT_MAX} characters")
    if found := CONTROL.search(line):
        odd = f"control character 0x{ord(found[0]):02x}, which no G-code has"
        raise LineRefused(f"{odd}: have plain G-code written, not binary (.bgcode)")
    return _COMMENT.sub(" ", line).strip(" \t")


def _refuse_odd(code: str) -> None:
    if not code.isascii():
        odd = next(c for c in code if ord(c) > 126)
        raise LineRefused(f"character U+{ord(odd):04X} outside a comment; only ASCII is taken")
    if "*" in code:
        raise LineRefused("a checksum (*) is for the bridge to add")
    if "(" in code or ")" in code:
        raise LineRefused("a bracket without its partner")
    if len(code) > CODE_MAX:
        raise LineRefused(f"the command is longer than {CODE_MAX} characters")


def words(rest: str) -> dict[str, float | None]:
    """The letters after a command with their numbers, `None` for a letter alone, in the order given.

    Raises `LineRefused` for anything that is no word, a repeated letter, or a number out of range.
    """
    found: dict[str, float | None] = {}
    at = 0
    while at < len(rest):
        word = WORD.match(rest, at)
        if not word:
            unread = rest[at:].strip()[:20]
            why = PLACEHOLDER if unread[0] in "[{" else ""
            raise LineRefused(f"cannot be read from {unread!r} on{why}")
        space, letter, digits = word.groups()
        if letter == "E" and not space and at:
            raise LineRefused("an exponent, or an E without a space before it; write plain decimals")
        if letter in "GM":
            raise LineRefused(f"a second command ({letter}) on the line")
        if letter == "N":
            raise LineRefused("a line number (N) inside the line")
        if letter in found:
            raise LineRefused(f"{letter} is given twice")
        found[letter] = None if digits is None else value_of(letter, digits)
        at = word.end()
    return found


def value_of(letter: str, digits: str) -> float:
    """Raises `LineRefused` when it is out of range."""
    value = round(float(digits), 5)
    if abs(value) >= 10_000_000:
        raise LineRefused(f"the number of {letter} is too large")
    return value


# What `canonical.number` writes, or the same without the zero before the point, as slicers have it.
# Neither possessive nor atomic groups: `re` before Python 3.11.5 matches them wrongly (gh-106052).
PLAIN_POSITIVE = r"[1-9][0-9]{0,6}(?:\.[0-9]{0,4}[1-9])?"
PLAIN_NUMBER = rf"(-?(?:0?\.[0-9]{{0,4}}[1-9]|{PLAIN_POSITIVE})|0)"
_PLAIN_WORDS = "".join(rf"(?: {letter}{PLAIN_NUMBER})?" for letter in "XYZE") + rf"(?: F({PLAIN_POSITIVE}))?"
_TAIL = r"[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\r?\n?"
_plain = re.compile(rf"(G[01](?= [XYZEF]){_PLAIN_WORDS}){_TAIL}").fullmatch

Move = tuple[str, float | None, float | None, float | None, float | None, float | None]


def plain_move(line: str) -> Move | None:
    """A short cut for G0 and G1, which are nearly all of any program: the canonical text and X Y Z E F.

    It takes a part of what `statement` and `words` take and gives the same; None is for the long way.
    """
    found = _plain(line)
    if not found:
        return None
    text, x, y, z, e, f = found.groups()
    return (
        # Apart from that zero, what matched is its own canonical text.
        text.replace("E.", "E0.").replace("-.", "-0.").replace("X.", "X0.").replace("Y.", "Y0.").replace("Z.", "Z0."),
        None if x is None else float(x),
        None if y is None else float(y),
        None if z is None else float(z),
        None if e is None else float(e),
        None if f is None else float(f),
    )


def says_nothing(lines: Iterable[str]) -> bool:
    """Whether there is no command in it, but comments and space alone."""
    return not any(_COMMENT.sub(" ", line).strip() for line in lines)


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a file without their LF, in flat memory; what is no UTF-8 becomes U+FFFD.

    Raises `NoGcode`, `ProgramRefused` when one is longer than `TEXT_MAX`, and `OSError`.
    """
    if why := why_no_gcode(path):
        raise NoGcode((Refusal(0, "", why),))
    tail, count = "", 0
    with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
        while chunk := file.read(_CHUNK):
            lines = (tail + chunk).split("\n")
            tail = lines.pop()
            count += len(lines)
            yield from lines
            if len(tail) > TEXT_MAX:
                reason = f"the line is longer than {TEXT_MAX} characters"
                raise ProgramRefused((Refusal(count + 1, tail[:60], reason),))
    if tail:
        yield tail
