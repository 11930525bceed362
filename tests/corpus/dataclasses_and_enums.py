from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import cadquery as cq


class Corner(Enum):
    SQUARE = "square"
    ROUND = "round"


class Size(NamedTuple):
    x: float
    y: float


@dataclass(frozen=True)
class Tray:
    size: Size = field(default_factory=lambda: Size(30, 20))
    corner: Corner = Corner.ROUND

    @property
    def solid(self) -> cq.Workplane:
        block = cq.Workplane().box(*self.size, 5)
        return block.edges("|Z").fillet(3) if self.corner is Corner.ROUND else block


corner = "round"  # [round, square]  Corner style
show_object(Tray(corner=Corner(corner)).solid, name="tray")

#: [parts.tray]
#: volume = "5*(30*20 - (4 - pi)*3**2)"
