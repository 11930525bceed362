"""A design whose feasible region is known exactly, and somebody who tries it out."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fabrication.geometry.feasible.marks import Region, learn
from fabrication.geometry.feasible.plan import Bounds, Plan
from fabrication.geometry.feasible.samples import GENERIC_MM, Outcome, Sample, point_key
from fabrication.geometry.parameters import read_parameters

Oracle = Callable[[dict], str]
"""Values → why they fail; empty where they build."""


@dataclass
class Explorer:
    """Follows a plan, asking an oracle instead of a forge."""

    script: str
    oracle: Oracle
    samples: int = 150
    seconds_each: float = 0.1
    tried: dict[str, Sample] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plan = Plan(read_parameters(self.script), (GENERIC_MM,))

    def step(self, bounds: Bounds | None = None) -> bool:
        values = self.plan.next(self.tried, bounds or Bounds(self.samples))
        if values is None:
            return False
        words = self.oracle(values)
        self.tried[point_key(values)] = Sample(
            values=values,
            outcome=Outcome.REFUSED if words else Outcome.BUILT,
            words=words,
            sizes_mm=() if words else ((10.0, 10.0, 10.0),),
            seconds=self.seconds_each,
        )
        return True

    def explore(self) -> Region:
        while self.step():
            pass
        return learn(self.plan, self.tried)
