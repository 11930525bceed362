"""A design's parameters as a space to try points in: each parameter an axis, of steps or of single values."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from fabrication.geometry.parameters import Parameter
from fabrication.recipes import Value

STEPS = 100
"""In how many steps a range is looked at where its author names no step: as fine as the page's slider."""
SPREAD, AROUND_ZERO = 4.0, 10.0
"""A limit that its author does not name: a quarter of the author's value and four times it; around 0, −10 and 10."""
CHOICES_MAX = 24
TEXT_MAX = 200
"""Characters of the longest text that is tried; tries are kept, and a parameter may allow thousands."""
AWKWARD = ("", "A", "Ä ß é", "0 1/2 — 3", '"quoted" & <so>')


@dataclass(frozen=True)
class Axis:
    """One parameter: every value it is tried at, in an order that shows the whole early.

    `values` are single values. Where they are empty the axis is a range of steps from `low` to `high`, both tried.
    """

    name: str
    default: Value
    values: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    integer: bool = False

    @cached_property
    def steps(self) -> int:
        """Full steps from `low`; `high` may lie a part of one beyond the last."""
        return math.floor((self.high - self.low) / self.step + 1e-9)

    def sweep(self) -> Iterator[Value]:
        """The ends, then ever finer between them; the author's own value is left out."""
        if self.values:
            yield from (value for value in self.values if value != self.default)
            return
        seen: set[Value] = {self.default}
        for part in (0.0, 1.0, 0.5, 0.25, 0.75, 0.125, 0.375, 0.625, 0.875):
            value = self.at(part)
            if value not in seen:
                seen.add(value)
                yield value

    def at(self, part: float) -> Value:
        """The value nearest to that part of the way, from 0 to 1."""
        if self.values:
            return self.values[min(int(part * len(self.values)), len(self.values) - 1)]
        return self._number(self.high if part == 1 else self._snapped(self.low + part * (self.high - self.low)))

    def number(self, values: Mapping[str, Value]) -> float:
        """Where on this axis, which is a range, a point lies."""
        value = values[self.name]
        assert isinstance(value, int | float)  # noqa: S101 (what a range is made of)
        return float(value)

    def between(self, one: float, other: float) -> Value | None:
        """The step nearest to the middle of two values; None where they lie within one step of each other."""
        middle = self._number(self._snapped((one + other) / 2))
        return middle if min(one, other) < middle < max(one, other) else None

    def _snapped(self, number: float) -> float:
        step = round((number - self.low) / self.step)
        return min(self.low + min(step, self.steps) * self.step, self.high)

    def _number(self, number: float) -> int | float:
        if self.integer:
            return round(number)
        return min(max(float(f"{number:.10g}"), self.low), self.high) + 0.0


def axes_of(parameters: tuple[Parameter, ...]) -> tuple[Axis, ...]:
    """One for each parameter that has more than one value to try."""
    axes = (_axis(parameter) for parameter in parameters)
    return tuple(axis for axis in axes if axis.values[1:] or axis.low < axis.high)


def _axis(parameter: Parameter) -> Axis:
    default = parameter.default
    if isinstance(default, tuple):
        return Axis(parameter.name, default, (default, *_rows(parameter, default)))
    if parameter.choices:
        every = math.ceil(len(parameter.choices) / CHOICES_MAX)
        chosen = [choice.value for choice in parameter.choices[::every]]
        return Axis(parameter.name, default, tuple(dict.fromkeys([*chosen, default])))
    if isinstance(default, bool):
        return Axis(parameter.name, default, (False, True))
    if isinstance(default, str):
        length = parameter.max_length or 0
        texts = (default, *AWKWARD, "W" * min(length, TEXT_MAX))
        return Axis(parameter.name, default, tuple(dict.fromkeys(text[:length] for text in texts)))
    low, high = _limits(parameter, float(default))
    integer = isinstance(default, int)
    if integer:
        low, high = float(math.ceil(low)), float(math.floor(high))
    step = parameter.step or (1.0 if integer else (high - low) / STEPS) or 1.0
    return Axis(parameter.name, default, (), low, high, max(1.0, round(step)) if integer else step, integer)


def _rows(parameter: Parameter, default: tuple[float | int, ...]) -> Iterator[Value]:
    """Each number of a row at its ends, the others as their author has them."""
    for index, number in enumerate(default):
        for end in _limits(parameter, float(number)):
            value = round(end) if isinstance(number, int) else end
            if value != number:
                yield (*default[:index], value, *default[index + 1 :])


def _limits(parameter: Parameter, default: float) -> tuple[float, float]:
    ends = (-AROUND_ZERO, AROUND_ZERO) if default == 0 else sorted((default / SPREAD, default * SPREAD))
    low = ends[0] if parameter.minimum is None else parameter.minimum
    high = ends[1] if parameter.maximum is None else parameter.maximum
    return low, high
