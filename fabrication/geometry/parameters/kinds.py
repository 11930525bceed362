"""From a literal and its note to a parameter: which kind it is, its limits and its choices."""

import math
import re
from dataclasses import replace

from fabrication.errors import SourceError
from fabrication.geometry.parameters.model import ROW_MAX, Choice, Parameter
from fabrication.geometry.parameters.notes import NUMBER, Note, plain, read_range
from fabrication.recipes import Value

TEXT_LENGTH = 200
"""What a text without a length may hold, in characters."""
CHOICES_MAX = 200
WHOLE = re.compile(r"[+-]?[0-9]+")

_LENGTH = re.compile(r"[0-9]{1,4}")
_QUOTED = re.compile(r"""(["'])(.*)\1""")
_SWITCH = {"true", "false"}


def described(name: str, default: Value, note: Note, group: str, line: int) -> Parameter:
    """The parameter that `name = default  # note` declares. Raises `SourceError` where note and default disagree."""
    plain_one = Parameter(name, "text", default, unit=note.unit, description=note.description, group=group, line=line)
    if note.max_length is not None and not isinstance(default, str):
        raise SourceError(f"{name}: text({note.max_length}) belongs to a text", line)
    if isinstance(default, bool):
        return _switch(plain_one, note)
    if isinstance(default, str):
        return _text(plain_one, note) if note.brackets is None else _choice(plain_one, note.brackets)
    if isinstance(default, tuple):
        return _vector(plain_one, default, note)
    if as_float(default) is None:
        raise SourceError(f"{name}: its own number is too large", line)
    if note.brackets is not None and read_range(note.brackets) is None:
        return _choice(plain_one, note.brackets)
    return _number(plain_one, (default,), note)


def as_float(value: int | float | str) -> float | None:
    """The finite number that `value` is, or None; -0.0 becomes 0.0: one value, one recipe."""
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number + 0.0 if math.isfinite(number) else None


def _switch(plain_one: Parameter, note: Note) -> Parameter:
    if note.brackets is not None and {part.strip().casefold() for part in note.brackets.split(",")} != _SWITCH:
        raise SourceError(f"{plain_one.name}: True or False takes no limits", plain_one.line)
    return replace(plain_one, kind="boolean")


def _text(plain_one: Parameter, note: Note) -> Parameter:
    written, length, description = len(str(plain_one.default)), note.max_length, note.description
    if note.bare is not None and _LENGTH.fullmatch(note.bare) and int(note.bare) >= max(written, 1):
        length, description = int(note.bare), ""
    if length is None:
        length = max(TEXT_LENGTH, written)
    if written > length:
        raise SourceError(f"{plain_one.name}: its own text is longer than {length} characters", plain_one.line)
    return replace(plain_one, kind="text", max_length=length, description=description)


def _vector(plain_one: Parameter, numbers: tuple[float | int, ...], note: Note) -> Parameter:
    name, line = plain_one.name, plain_one.line
    if not 1 <= len(numbers) <= ROW_MAX:
        raise SourceError(f"{name}: a row has 1 to {ROW_MAX} numbers, not {len(numbers)}", line)
    if any(as_float(number) is None for number in numbers):
        raise SourceError(f"{name}: a number of its own is too large", line)
    if note.brackets is not None and read_range(note.brackets) is None:
        raise SourceError(f"{name}: a row of numbers takes limits, as in [0:100], not [{note.brackets}]", line)
    return _number(plain_one, numbers, note)


def _number(plain_one: Parameter, numbers: tuple[float | int, ...], note: Note) -> Parameter:
    """Whole where defaults, limits and step are all written without a point."""
    name, line = plain_one.name, plain_one.line
    texts, description = read_range(note.brackets or ":") or ("", "", ""), note.description
    if note.bare is not None and (as_float(note.bare) or 0) > 0:
        texts, description = ("", note.bare, ""), ""
    low, step, high = (as_float(text) for text in texts)
    if any(text and limit is None for text, limit in zip(texts, (low, step, high), strict=True)):
        raise SourceError(f"{name}: a limit is too large", line)
    if low is not None and high is not None and low > high:
        raise SourceError(f"{name}: the lower limit {low:g} is above the upper limit {high:g}", line)
    if step is not None and step <= 0:
        raise SourceError(f"{name}: the step must be above 0", line)
    is_whole = all(type(number) is int for number in numbers) and all(WHOLE.fullmatch(text) for text in texts if text)
    canonical = numbers if is_whole else tuple(float(number) + 0.0 for number in numbers)
    parameter = replace(plain_one, minimum=low, maximum=high, step=step, description=description)
    for number in numbers:
        if (low is not None and number < low) or (high is not None and number > high):
            raise SourceError(f"{name}: its own value {number:g} is not {parameter.limits()}", line)
    if isinstance(plain_one.default, tuple):
        return replace(parameter, kind="vector", default=canonical)
    return replace(parameter, kind="integer" if is_whole else "number", default=canonical[0])


def _choice(plain_one: Parameter, brackets: str) -> Parameter:
    name, line, default = plain_one.name, plain_one.line, plain_one.default
    entries = brackets.split(",")
    if len(entries) > CHOICES_MAX:
        raise SourceError(f"{name}: {len(entries)} choices; at most {CHOICES_MAX} are taken", line)
    choices = []
    for entry in entries:
        text, _, label = (_unquoted(part.strip()) for part in entry.partition(":"))
        value = _choice_value(text, default)
        if value is None:
            noun = "text" if isinstance(default, str) else "number"
            raise SourceError(f"{name}: [{brackets}] holds {text!r}, which is no {noun}", line)
        choices.append(Choice(value, plain(label) or text))
    values = [choice.value for choice in choices]
    if len(set(values)) < len(values):
        raise SourceError(f"{name}: a choice stands twice in [{brackets}]", line)
    if default not in values:
        raise SourceError(f"{name}: its own value {default!r} is not in [{brackets}]", line)
    return replace(plain_one, kind="choice", default=values[values.index(default)], choices=tuple(choices))


def _unquoted(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    return quoted[2] if quoted else text


def _choice_value(text: str, default: Value) -> Value | None:
    if isinstance(default, str):
        return text if text.isprintable() and text else None
    if not NUMBER.fullmatch(text) or (number := as_float(text)) is None:
        return None
    return int(text) if isinstance(default, int) and WHOLE.fullmatch(text) else number
