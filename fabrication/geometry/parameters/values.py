"""Values for parameters: parsed from whatever a form, a link or a command line holds, checked, made canonical."""

from collections.abc import Mapping
from typing import assert_never

from fabrication.errors import ValueRefused
from fabrication.geometry.parameters.kinds import as_float
from fabrication.geometry.parameters.model import Parameter
from fabrication.recipes import Value

_SWITCH = {
    **dict.fromkeys(("true", "on", "yes", "1"), True),
    **dict.fromkeys(("false", "off", "no", "0", ""), False),
}
_SHOWN = 40


class _Refused(Exception):
    """Carries the rest of a sentence that begins with the parameter's title."""


def canonical_values(parameters: tuple[Parameter, ...], given: Mapping[str, object]) -> dict[str, Value]:
    """A value for every parameter: its default where none is given. Numbers become float, integers int.

    `given` may hold numbers or their texts. Raises `ValueRefused` with one sentence per parameter, which names it,
    its limits and its unit.
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
            problems[parameter.name] = f"{parameter.title} {refused}"
    if problems:
        raise ValueRefused(problems)
    return values


def _value(parameter: Parameter, given: object) -> Value:
    match parameter.kind:
        case "number":
            return _within(parameter, _number(parameter, given), given)
        case "integer":
            number = given if type(given) is int else _number(parameter, given)
            if number != int(number):
                raise _Refused(f"must be a whole number, not {_quoted(given)}")
            _within(parameter, _number(parameter, given), given)
            return int(number)
        case "boolean":
            return _switch(given)
        case "choice":
            return _chosen(parameter, given)
        case "text":
            return _text(parameter, given)
        case _ as never:
            assert_never(never)


def _number(parameter: Parameter, given: object) -> float:
    number = as_float(given) if isinstance(given, int | float | str) and not isinstance(given, bool) else None
    if number is None:
        limits = f" {parameter.limits()}" if parameter.limits() else f" of {parameter.unit}" if parameter.unit else ""
        raise _Refused(f"must be a number{limits}, not {_quoted(given)}")
    return number + 0.0  # -0.0 becomes 0.0: one value, one recipe


def _within(parameter: Parameter, number: float, given: object) -> float:
    low, high = parameter.minimum, parameter.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise _Refused(f"must be {parameter.limits()}, not {_quoted(given)}")
    return number


def _switch(given: object) -> bool:
    if isinstance(given, bool):
        return given
    key = str(given).strip().lower() if isinstance(given, str | int) else None
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
    if not given.isprintable():
        raise _Refused("may hold only characters that can be printed, on one line")
    return given


def _quoted(given: object) -> str:
    text = given if isinstance(given, str) else repr(given)
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return repr(text) if isinstance(given, str) else text
