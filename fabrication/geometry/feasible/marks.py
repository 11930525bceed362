"""What the tries say: values that are known to fail, with the words of whoever said no.

Only what was seen counts: a mark goes from one failed try to another, or to a limit that was itself tried, and no try
within it went well. That the rest is good is not claimed.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import groupby, islice

import msgspec

from fabrication.geometry.feasible.plan import Plan
from fabrication.geometry.feasible.samples import Fault, Sample, commonest, fault_of, point_key
from fabrication.geometry.feasible.space import Axis
from fabrication.geometry.parameters import Parameter
from fabrication.recipes import Value

CHANCE = 0.005
"""“Whatever the others are” is said where as many tries would all fail by chance at most this often."""
TRIES_MIN = 3
SHARE_MIN = 10
"""Of fewer tries no share is said."""
_SHOWN = 24


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Values of one parameter that are known to fail: `values`, or all numbers from `low` to `high`, both included.

    `always`: in every try, whatever the other parameters were; else with the others as their author has them.
    `tries` is how many failed there. `sentence` says all of it to a person.
    """

    parameter: str
    always: bool
    tries: int
    sentence: str
    low: float | None = None
    high: float | None = None
    values: tuple[Value, ...] = ()

    def covers(self, value: Value) -> bool:
        """Whether this very value is known to fail."""
        return _within(value, self.low, self.high, self.values)


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a design's space: of `tried` sets of values, `good` ones build, are valid and fit.

    `share` is that of the tries spread evenly over the whole space alone, from 0 to 1; None of fewer than `SHARE_MIN`.
    `own_fault` is why the author's own values are no good; empty where they are, or were not tried yet.
    """

    tried: int
    good: int
    share: float | None
    own_fault: str
    marks: tuple[Mark, ...]


def learn(plan: Plan, tried: Mapping[str, Sample]) -> Region:
    """`tried` is by `point_key`. Where nothing is good at all, no parameter is to blame, and none is marked."""
    faults = {key: fault_of(sample, plan.volumes) for key, sample in tried.items()}
    good = sum(fault is None for fault in faults.values())
    keys = {key for key, _ in islice(plan.spread(), 4 * len(tried))} & tried.keys()
    spread = [(tried[key], faults[key]) for key in keys]
    own = faults.get(point_key(plan.own))
    marks = _Marks(plan, tried, spread)
    return Region(
        tried=len(tried),
        good=good,
        share=sum(fault is None for _, fault in spread) / len(spread) if len(spread) >= SHARE_MIN else None,
        own_fault=own.words if own else "",
        marks=tuple(mark for axis in plan.axes for mark in marks.of(axis)) if good else (),
    )


class _Marks:
    def __init__(self, plan: Plan, tried: Mapping[str, Sample], spread: list[tuple[Sample, Fault | None]]) -> None:
        self._plan, self._tried, self._spread = plan, tried, spread
        self._parameters = {parameter.name: parameter for parameter in plan.parameters}
        failing = sum(fault is not None for _, fault in spread) / len(spread) if spread else 1.0
        self._enough = _enough(failing)
        self._alone = len(plan.axes) == 1

    def of(self, axis: Axis) -> Iterator[Mark]:
        """First those that hold whatever the others are, then those that hold with the author's."""
        for run in self._runs(axis):
            certain = [] if self._alone else list(self._certain(axis, run))
            yield from certain
            if not any((mark.low, mark.high, mark.values) == _ends(axis, run) for mark in certain):
                yield self._mark(axis, run, always=self._alone)

    def _runs(self, axis: Axis) -> Iterator[list[Sample]]:
        """Neighbours that all failed, on this axis alone; none where all of it did: that is another's doing."""
        along = self._plan.on(axis, self._tried)
        if all(map(self._fails, along)):
            return
        for fails, run in groupby(along, key=self._fails):
            if fails and axis.values:
                yield from ([sample] for sample in run)
            elif fails:
                yield list(run)

    def _certain(self, axis: Axis, run: list[Sample]) -> Iterator[Mark]:
        """The parts of `run` in which enough others were tried, and none went well."""
        low, high, values = _ends(axis, run)
        within = [sample for sample in self._tried.values() if _within(sample.values[axis.name], low, high, values)]
        if not axis.values:
            within.sort(key=lambda sample: axis.number(sample.values))
        good = {sample.values[axis.name] for sample in within if not self._fails(sample)}
        spread = {id(sample) for sample, _ in self._spread}
        for fails, part in groupby(within, key=lambda sample: sample.values[axis.name] not in good):
            samples = list(part)
            if not fails or sum(id(sample) in spread for sample in samples) < self._enough:
                continue
            # How far it reaches is said by tries that changed the rest, or by the very end of the range.
            ends = (axis.low, axis.high)
            yield self._mark(
                axis,
                samples if axis.values else [s for s in samples if id(s) in spread or axis.number(s.values) in ends],
                always=True,
            )

    def _mark(self, axis: Axis, samples: list[Sample], *, always: bool) -> Mark:
        low, high, values = _ends(axis, samples)
        faults = [fault for sample in samples if (fault := fault_of(sample, self._plan.volumes))]
        place = _place(self._parameters[axis.name], axis, low, high, values)
        return Mark(
            parameter=axis.name,
            always=always,
            tries=len(samples),
            low=low,
            high=high,
            values=values,
            sentence=_sentence(place, faults, always, alone=self._alone),
        )

    def _fails(self, sample: Sample) -> bool:
        return fault_of(sample, self._plan.volumes) is not None


def _enough(failing: float) -> float:
    """How many tries that all failed are no chance, where that share of all fails, from 0 to 1."""
    if failing in (0, 1):
        return TRIES_MIN if failing == 0 else math.inf
    return max(TRIES_MIN, math.log(CHANCE) / math.log(failing))


def _ends(axis: Axis, samples: list[Sample]) -> tuple[float | None, float | None, tuple[Value, ...]]:
    if axis.values:
        return None, None, (samples[0].values[axis.name],)
    numbers = [axis.number(sample.values) for sample in samples]
    return min(numbers), max(numbers), ()


def _within(value: Value, low: float | None, high: float | None, values: tuple[Value, ...]) -> bool:
    if values:
        return value in values
    return isinstance(value, int | float) and low is not None and high is not None and low <= value <= high


def _place(parameter: Parameter, axis: Axis, low: float | None, high: float | None, values: tuple[Value, ...]) -> str:
    """Where on an axis, to be read after "known to fail"."""
    if low is None or high is None:
        value = values[0]
        if isinstance(value, bool):
            return f"switched {'on' if value else 'off'}"
        label = str(next((choice.label for choice in parameter.choices if choice.value == value), value))
        return f"as “{label if len(label) <= _SHOWN else label[:_SHOWN] + '…'}”" if label else "when empty"
    if low == high:
        return f"at {parameter.shown(low)}"
    if low == parameter.minimum and high < axis.high:
        return f"up to {parameter.shown(high)}"
    if high == parameter.maximum and low > axis.low:
        return f"from {parameter.shown(low)} on"
    return f"from {low:.10g} to {parameter.shown(high)}"


def _sentence(place: str, faults: list[Fault], always: bool, alone: bool) -> str:
    verb = "Known to be too large" if all(fault.too_large for fault in faults) else "Known to fail"
    others = "" if alone else f", whatever the rest was in {len(faults)} tries" if always else (
        ", with the rest as the author has it"
    )  # fmt: skip
    return f"{verb} {place}{others}: {commonest([fault.words for fault in faults])}"
