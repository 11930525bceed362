"""Where a machine's bed lies, and how far its head may go."""

from math import hypot, sqrt
from typing import Literal

from firmware_bridge.machine.table import NotNegative, Positive, Table


class Volume(Table, frozen=True, kw_only=True):
    """The reachable box, mm: a router's travel, which begins where `Milling` says, or what a printer can print on.

    A printer's zero is the front left corner of its bed or, as on most deltas, the `origin` in its centre; `x_mm` and
    `y_mm` of a `round` bed are its diameter. To the sides the head may leave the bed as far as said: to wipe or park.
    """

    x_mm: Positive = 220.0
    y_mm: Positive = 220.0
    z_mm: Positive = 250.0
    origin: Literal["corner", "centre"] = "corner"
    bed: Literal["rectangle", "round"] = "rectangle"
    left_mm: NotNegative = 0.0
    right_mm: NotNegative = 0.0
    front_mm: NotNegative = 0.0
    back_mm: NotNegative = 0.0

    def __post_init__(self) -> None:
        if self.bed == "round" and (self.x_mm != self.y_mm or self.origin != "centre" or any(self._beside)):
            raise ValueError('a round bed has one diameter as x_mm and y_mm, origin = "centre", and nothing beside it')

    @property
    def _beside(self) -> tuple[float, float, float, float]:
        return self.left_mm, self.right_mm, self.front_mm, self.back_mm

    @property
    def is_plain(self) -> bool:
        """A box from its own corner, as a router's is."""
        return self.origin == "corner" and not any(self._beside)

    @property
    def bed_low(self) -> tuple[float, float]:
        """The place of the bed's low corner, X and Y."""
        return (-self.x_mm / 2, -self.y_mm / 2) if self.origin == "centre" else (0.0, 0.0)

    @property
    def centre(self) -> tuple[float, float]:
        """The place of the bed's centre, X and Y."""
        x, y = self.bed_low
        return x + self.x_mm / 2, y + self.y_mm / 2

    @property
    def low(self) -> tuple[float, float, float]:
        """The lowest place a printer's head may go to."""
        x, y = self.bed_low
        return x - self.left_mm, y - self.front_mm, 0.0

    @property
    def high(self) -> tuple[float, float, float]:
        x, y = self.bed_low
        return x + self.x_mm + self.right_mm, y + self.y_mm + self.back_mm, self.z_mm

    @property
    def room_mm(self) -> tuple[float, float, float]:
        """A box that holds whatever fits into it, lying as it likes; on a round bed the square within."""
        share = sqrt(0.5) if self.bed == "round" else 1.0
        return self.x_mm * share, self.y_mm * share, self.z_mm

    def holds(self, size_mm: tuple[float, float, float]) -> bool:
        """Whether a box of that size, as it stands, has room on the bed."""
        x, y, z = size_mm
        across = hypot(x, y) <= self.x_mm if self.bed == "round" else x <= self.x_mm and y <= self.y_mm
        return across and z <= self.z_mm

    def in_words(self) -> str:
        if self.bed == "round":
            return f"⌀ {self.x_mm:g} × {self.z_mm:g} mm"
        return f"{self.x_mm:g} × {self.y_mm:g} × {self.z_mm:g} mm"
