"""What to try next: decided by what was tried alone, so that whoever was stopped, anywhere, goes on where it stood.

First the author's own values; then each parameter alone, over its ends and between them, the others as their author
has them; then, on each parameter, the border between a good and a bad value, halved until it is one step wide; then
the whole space, evenly.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count, islice, pairwise, zip_longest

from fabrication.errors import ValueRefused
from fabrication.geometry.feasible.samples import Sample, Size, fault_of, point_key
from fabrication.geometry.feasible.space import Axis, axes_of
from fabrication.geometry.parameters import Parameter, canonical_values
from fabrication.recipes import Value

SWEEPS, BORDERS = 0.5, 0.25
"""Of all tries, at most this share goes to single parameters, and to their borders; the rest to the whole space."""

Values = dict[str, Value]
_WHOLE_MAX = 10_000


@dataclass(frozen=True)
class Bounds:
    """How much one source is given: that many samples, and that long in all."""

    samples: int
    seconds: float = math.inf


class Plan:
    """The points of one design's space. `volumes` are what the machines known can reach."""

    def __init__(self, parameters: tuple[Parameter, ...], volumes: tuple[Size, ...]) -> None:
        self.parameters, self.volumes = parameters, volumes
        self.axes = axes_of(parameters)
        self.own = canonical_values(parameters, {})
        self._whole, self._spread = self.whole(), list[tuple[str, Values]]()

    def next(self, tried: Mapping[str, Sample], bounds: Bounds) -> Values | None:
        """The point to try now, canonical; None where enough was tried. `tried` is by `point_key`."""
        spent = sum(sample.seconds for sample in tried.values())
        if len(tried) >= bounds.samples or spent >= bounds.seconds:
            return None
        swept = islice(self._swept, 1 + math.ceil(bounds.samples * SWEEPS))
        borders = ((point_key(values), values) for values in self._borders(tried, math.ceil(bounds.samples * BORDERS)))
        # A small space has fewer points than that.
        for key, values in islice(chain(swept, borders, self.spread()), 4 * bounds.samples):
            if key not in tried:
                return values
        return None

    def spread(self) -> Iterator[tuple[str, Values]]:
        """The points of `whole` with their keys, each worked out once."""
        for index in count():
            if index == len(self._spread):
                if (values := next(self._whole, None)) is None:
                    return
                self._spread.append((point_key(values), values))
            yield self._spread[index]

    @cached_property
    def _swept(self) -> list[tuple[str, Values]]:
        return [(point_key(values), values) for values in self.sweeps()]

    def sweeps(self) -> Iterator[Values]:
        """The author's values, then each axis' most telling value, then each one's second, and so on."""
        yield self.own
        for round_ in zip_longest(*(self._along(axis) for axis in self.axes)):
            yield from (values for values in round_ if values is not None)

    def whole(self) -> Iterator[Values]:
        """The whole space evenly: Richtmyer's sequence, the multiples of the square roots of primes.

        It is even in any number of dimensions, where Halton's needs shuffling beyond a few.
        """
        slopes = [math.sqrt(prime) for prime in islice(_primes(), len(self.axes))]
        for index in range(1, _WHOLE_MAX + 1):
            given = {axis.name: axis.at(index * slope % 1) for axis, slope in zip(self.axes, slopes, strict=True)}
            if (values := self._canonical(given)) is not None:
                yield values

    def on(self, axis: Axis, tried: Mapping[str, Sample]) -> list[Sample]:
        """What was tried of that axis alone, all others as their author has them; numbers in rising order."""
        own = {name: value for name, value in self.own.items() if name != axis.name}
        found = [each for each in tried.values() if all(each.values[name] == own[name] for name in own)]
        return found if axis.values else sorted(found, key=lambda sample: axis.number(sample.values))

    def _along(self, axis: Axis) -> Iterator[Values]:
        for value in axis.sweep():
            if (values := self._canonical({axis.name: value})) is not None:
                yield values

    def _borders(self, tried: Mapping[str, Sample], most: int) -> Iterator[Values]:
        """The middle of the widest border; none where all are one step wide, or `most` were tried beside the sweeps."""
        widest: tuple[float, Values] | None = None
        for axis in self.axes:
            if axis.values:
                continue
            along, swept = self.on(axis, tried), {axis.default, *axis.sweep()}
            most -= sum(sample.values[axis.name] not in swept for sample in along)
            for one, other in pairwise(along):
                if (fault_of(one, self.volumes) is None) == (fault_of(other, self.volumes) is None):
                    continue
                low, high = (axis.number(each.values) for each in (one, other))
                width, middle = (high - low) / axis.step, axis.between(low, high)
                if middle is not None and (widest is None or width > widest[0]):
                    values = self._canonical({axis.name: middle})
                    widest = (width, values) if values is not None else widest
        if widest is not None and most > 0:
            yield widest[1]

    def _canonical(self, given: Mapping[str, Value]) -> Values | None:
        """None for what no form would take: a limit that is said in other words than a range."""
        try:
            return canonical_values(self.parameters, given)
        except ValueRefused:
            return None


def _primes() -> Iterator[int]:
    return (number for number in count(2) if all(number % each for each in range(2, math.isqrt(number) + 1)))
