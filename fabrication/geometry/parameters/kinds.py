"""From a literal and its note to a parameter: which kind it is, its limits and its choices."""

import math
import re
from dataclasses import replace

from fabrication.errors import SourceError
from fabrication.geometry.parameters.comments import Note
from fabrication.geometry.parameters.model import Choice, Parameter
from fabrication.recipes import Value

TEXT_LENGTH = 200
"""What a text without `text(n)` may hold, in characters."""

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})?\s*:(?:\s*({_NUMBER})\s*:)?\s*({_NUMBER})?\s*")
_WHOLE = re.compile(r"[+-]?[0-9]+")


def described(name: str, default: Value, note: Note, group: str, line: int) -> Parameter:
    """The parameter that `name = default  # note` declares. Raises `SourceError` where note and default disagree."""
    plain = Parameter(name, "text", default, unit=note.unit, description=note.description, group=group, line=line)
    if note.max_length is not None and not isinstance(default, str):
        raise SourceError(f"{name}: text({note.max_length}) belongs to a text", line)
    if isinstance(default, bool):
        if note.brackets is not None:
            raise SourceError(f"{name}: True or False takes no limits", line)
        return replace(plain, kind="boolean")
    if isinstance(default, str):
        return _text(plain, note) if note.brackets is None else _choice(plain, note.brackets)
    if isinstance(default, tuple) or as_float(default) is None:
        raise SourceError(f"{name}: its own number is too large", line)
    if note.brackets is None:
        return replace(plain, kind="integer" if isinstance(default, int) else "number")
    if limits := _RANGE.fullmatch(note.brackets):
        return _number(plain, default, [text or "" for text in limits.groups()])
    return _choice(plain, note.brackets)


def as_float(value: int | float | str) -> float | None:
    """The finite number that `value` is, or None."""
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _text(plain: Parameter, note: Note) -> Parameter:
    written = len(str(plain.default))
    length = max(TEXT_LENGTH, written) if note.max_length is None else note.max_length
    if written > length:
        raise SourceError(f"{plain.name}: its own text is longer than {length} characters", plain.line)
    return replace(plain, kind="text", max_length=length)


def _number(plain: Parameter, default: int | float, texts: list[str]) -> Parameter:
    """An integer where default, limits and step are all written without a point; else a number."""
    name, line = plain.name, plain.line
    low, step, high = (as_float(text) for text in texts)
    if any(text and limit is None for text, limit in zip(texts, (low, step, high), strict=True)):
        raise SourceError(f"{name}: a limit is too large", line)
    if low is not None and high is not None and low > high:
        raise SourceError(f"{name}: the lower limit {low:g} is above the upper limit {high:g}", line)
    if step is not None and step <= 0:
        raise SourceError(f"{name}: the step must be above 0", line)
    parameter = replace(plain, kind="number", default=float(default), minimum=low, maximum=high, step=step)
    if (low is not None and default < low) or (high is not None and default > high):
        raise SourceError(f"{name}: its own value {default:g} is not {parameter.limits()}", line)
    if isinstance(default, int) and all(_WHOLE.fullmatch(text) for text in texts if text):
        return replace(parameter, kind="integer", default=default)
    return parameter


def _choice(plain: Parameter, brackets: str) -> Parameter:
    name, line, default = plain.name, plain.line, plain.default
    choices = []
    for entry in brackets.split(","):
        text, _, label = (part.strip() for part in entry.partition(":"))
        value = _choice_value(text, default)
        if value is None:
            noun = "text" if isinstance(default, str) else "number"
            raise SourceError(f"{name}: [{brackets}] holds {text!r}, which is no {noun}", line)
        choices.append(Choice(value, label or text))
    values = [choice.value for choice in choices]
    if len(set(values)) < len(values):
        raise SourceError(f"{name}: a choice stands twice in [{brackets}]", line)
    if default not in values:
        raise SourceError(f"{name}: its own value {default!r} is not in [{brackets}]", line)
    return replace(plain, kind="choice", choices=tuple(choices))


def _choice_value(text: str, default: Value) -> Value | None:
    if isinstance(default, str):
        return text if text.isprintable() and text else None
    if not re.fullmatch(_NUMBER, text) or as_float(text) is None:
        return None
    return int(text) if isinstance(default, int) and _WHOLE.fullmatch(text) else float(text)
