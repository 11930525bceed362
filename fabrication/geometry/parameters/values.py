"""Values for parameters: parsed from whatever a form, a link or a command line holds, checked, made canonical."""

import re
from collections.abc import Mapping
from typing import assert_never

from fabrication.errors import ValueRefused
from fabrication.geometry.parameters.kinds import WHOLE, as_float
from fabrication.geometry.parameters.model import NOT_IN_TEXT, Parameter
from fabrication.recipes import Value

_SWITCH = {
    **dict.fromkeys(("true", "on", "yes", "1"), True),
    **dict.fromkeys(("false", "off", "no", "0", ""), False),
}
_NOT_IN_TEXT = re.compile(NOT_IN_TEXT)
_ROW = re.compile(r"\s*(?:\((.*)\)|\[(.*)\])\s*", re.DOTALL)
_SHOWN = 40
_DIGITS = 400
"""More than any float's whole part has."""


class _Refused(Exception):
    """Carries the rest of a sentence that begins with what the parameter is called."""


def canonical_values(parameters: tuple[Parameter, ...], given: Mapping[str, object]) -> dict[str, Value]:
    """A value for every parameter: its default where none is given. Numbers become float, integers int, rows tuples.

    `given` may hold numbers or their texts; a row is a list, a tuple or a text such as "3, 5, 8". Canonical values
    are given back as they are. Raises `ValueRefused` with one sentence per parameter, which names it, its limits and
    its unit.
    """
    problems = {
        str(name): f"there is no parameter {_quoted(name)}"
        for name in given.keys() - {each.name for each in parameters}
    }
    values: dict[str, Value] = {}
    for parameter in parameters:
        try:
            values[parameter.name] = _value(parameter, given.get(parameter.name, parameter.default))
        except _Refused as refused:
            problems[parameter.name] = f"{parameter.called} {refused}"
    if problems:
        raise ValueRefused(problems)
    return values


def _value(parameter: Parameter, given: object) -> Value:
    match parameter.kind:
        case "number" | "integer":
            return _number(parameter, given)
        case "vector":
            return _row(parameter, given)
        case "boolean":
            return _switch(given)
        case "choice":
            return _chosen(parameter, given)
        case "text":
            return _text(parameter, given)
        case _ as never:
            assert_never(never)


def _number(parameter: Parameter, given: object) -> float | int:
    """Compared with its limits as exactly as it was given: the JSON Schema then says the same."""
    number = _exact(given)
    if number is None:
        raise _Refused(f"must be a number{_limits(parameter)}, not {_quoted(given)}")
    if parameter.is_whole and number != int(number):
        raise _Refused(f"must be a whole number{_limits(parameter)}, not {_quoted(given)}")
    low, high = parameter.minimum, parameter.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise _Refused(f"must be {parameter.limits()}, not {_quoted(given)}")
    return int(number) if parameter.is_whole else float(number)


def _exact(given: object) -> float | int | None:
    """The finite number that is given, whole ones as int; None for everything else."""
    if isinstance(given, bool) or not isinstance(given, int | float | str) or (number := as_float(given)) is None:
        return None
    if isinstance(given, str):
        return int(given) if len(given) < _DIGITS and WHOLE.fullmatch(given.strip()) else number
    return given if isinstance(given, int) else number


def _limits(parameter: Parameter) -> str:
    return f" {parameter.limits()}" if parameter.limits() else f" of {parameter.unit}" if parameter.unit else ""


def _row(parameter: Parameter, given: object) -> tuple[float | int, ...]:
    numbers, count = _elements(given), len(parameter.numbers)
    if numbers is None or len(numbers) != count:
        not_this = f"{len(numbers)}" if numbers else _quoted(given)
        raise _Refused(f"must be {count} number{'s' if count > 1 else ''}{_limits(parameter)}, not {not_this}")
    row = []
    for place, number in enumerate(numbers, 1):
        try:
            row.append(_number(parameter, number))
        except _Refused as refused:
            raise _Refused(f"(number {place} of {count}) {refused}") from None
    return tuple(row)


def _elements(given: object) -> list[object] | None:
    """The elements of a row: also of "3, 5, 8", with or without the brackets that Python writes."""
    if isinstance(given, list | tuple):
        return list(given)
    if not isinstance(given, str):
        return None
    bracketed = _ROW.fullmatch(given)
    texts = (bracketed[1] or bracketed[2] or "" if bracketed else given).split(",")
    if bracketed and len(texts) > 1 and not texts[-1].strip():
        texts.pop()  # (3,)
    return [text.strip() for text in texts]


def _switch(given: object) -> bool:
    if isinstance(given, bool):
        return given
    key = given.strip().lower() if isinstance(given, str) else None
    if key not in _SWITCH:
        raise _Refused(f"must be on or off, not {_quoted(given)}")
    return _SWITCH[key]


def _chosen(parameter: Parameter, given: object) -> Value:
    for choice in parameter.choices:
        if given == choice.value and not isinstance(given, bool):
            return choice.value
        if isinstance(given, str) and not isinstance(choice.value, str) and as_float(given) == choice.value:
            return choice.value
    listed = ", ".join(str(choice.value) for choice in parameter.choices)
    raise _Refused(f"must be one of {listed}, not {_quoted(given)}")


def _text(parameter: Parameter, given: object) -> str:
    if not isinstance(given, str):
        raise _Refused(f"must be text, not {_quoted(given)}")
    if parameter.max_length is not None and len(given) > parameter.max_length:
        raise _Refused(f"may have at most {parameter.max_length} characters, not {len(given)}")
    if _NOT_IN_TEXT.search(given):
        raise _Refused("may hold only characters that can be printed, on one line")
    return given


def _quoted(given: object) -> str:
    try:
        text = given if isinstance(given, str) else repr(given)
    except (ValueError, RecursionError):  # thousands of digits, lists without end
        return f"this {type(given).__name__}"
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return repr(text) if isinstance(given, str) else text
