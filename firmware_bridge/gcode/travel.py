"""What a machine's axes will have done: place, reach and time, whatever the tool on them.

Time is a trapezoid per move: from rest to rest, or with the change of velocity at the joint shared with the move
before, whichever is shorter.
"""

from math import hypot, inf, isinf, isnan, nan, sqrt

from firmware_bridge.gcode.arcs import RADIUS_SLACK_MM, arc
from firmware_bridge.gcode.canonical import number
from firmware_bridge.gcode.parse import LineRefused
from firmware_bridge.machine import Profile

Corner = tuple[float, float, float]

SLACK_MM = 1e-6
"""For the sums of relative moves; far below what any machine resolves."""


class Travel:
    """Held against the box from `floor` to `ceiling`, and a round bed's rim; mm and s. Places are NaN while unknown.

    A refused move still counts as made, so that the lines after it are judged for themselves.
    """

    known_since = "since the program began"
    counted_from = ""
    """What is told with a bound; `{axis}` becomes its letter."""

    def __init__(self, profile: Profile, floor: Corner, ceiling: Corner) -> None:
        self.limits = profile.limits
        self.floor, self.ceiling = floor, ceiling
        self.size = (ceiling[0] - floor[0], ceiling[1] - floor[1], ceiling[2] - floor[2])
        self.rim = profile.volume.x_mm / 2 if profile.volume.bed == "round" else inf
        """The furthest from X0 Y0."""
        self.x = self.y = self.z = nan
        self.lowest, self.highest = [inf] * 3, [-inf] * 3
        """What was reached."""
        self.low_x = self.low_y = self.low_z = inf
        self.high_x = self.high_y = self.high_z = -inf
        """The same, while it is enough to say that a move needs no more checks: not for X and Y inside a rim."""
        self.vx = self.vy = self.vz = 0.0
        self.is_relative: bool | None = None
        self.feed = 0.0
        """mm/s; 0 while none was given."""
        self.accel = profile.limits.acceleration_max_mm_s2
        self.time_s = 0.0
        self.extruded_mm = self.hotend_max_c = self.bed_max_c = self.spindle_max_rpm = 0.0

    def spend(self, distance: float, vx: float, vy: float, vz: float, speed: float) -> None:
        accel = self.accel
        ramps = distance / speed + speed / accel if distance * accel >= speed * speed else 2 * sqrt(distance / accel)
        dvx, dvy, dvz = vx - self.vx, vy - self.vy, vz - self.vz
        joined = distance / speed + sqrt(dvx * dvx + dvy * dvy + dvz * dvz) / (2 * accel)
        self.time_s += joined if joined < ramps else ramps

    def curve(
        self,
        offset: tuple[float, float],
        to: tuple[float | None, float | None, float | None],
        *,
        clockwise: bool,
        slack_mm: float = RADIUS_SLACK_MM,
    ) -> LineRefused | None:
        """An arc around the place it starts from plus `offset`; why it leaves the machine, if it does.

        Raises `LineRefused` when there is no such arc.
        """
        shift, at_x, at_y, at_z = self.is_relative, self.x, self.y, self.z
        x, y, z = to
        to_x = at_x if x is None else at_x + x if shift else x
        to_y = at_y if y is None else at_y + y if shift else y
        to_z = at_z if z is None else at_z + z if shift else z
        climb = 0.0 if z is None else to_z - at_z
        if isnan(at_x + at_y + to_x + to_y + climb):
            raise LineRefused(f"the arc begins at a place that is not known {self.known_since}")
        self.x, self.y, self.z = to_x, to_y, to_z
        try:
            path = arc((at_x, at_y), (to_x, to_y), offset, clockwise=clockwise, slack_mm=slack_mm)
        except ValueError as error:
            raise LineRefused(str(error)) from None
        (cx, cy), within = path.centre, path.within
        height = None if z is None else to_z
        reason = None
        # A circle that lies inside of what was already reached needs no more checks.
        if not (
            self.low_x <= cx - within
            and cx + within <= self.high_x
            and self.low_y <= cy - within
            and cy + within <= self.high_y
            and (height is None or self.low_z <= height <= self.high_z)
        ):
            (low_x, low_y), (high_x, high_y), far = path.extent()
            reason = self.reach(low_x, low_y, height, far) or self.reach(high_x, high_y, height, far)
        self.spend(hypot(path.length, climb), path.begins[0] * self.feed, path.begins[1] * self.feed, 0.0, self.feed)
        self.vx, self.vy, self.vz = path.ends[0] * self.feed, path.ends[1] * self.feed, 0.0
        return reason

    def reach(self, x: float | None, y: float | None, z: float | None, from_zero: float) -> LineRefused | None:
        """Widen what was reached by a point, so far from X0 Y0; say so when that leaves the machine."""
        reason = None
        for axis, (name, value) in enumerate(zip("xyz", (x, y, z), strict=True)):
            if value is None:
                continue
            low, high = self.floor[axis], self.ceiling[axis]
            if low - SLACK_MM <= value <= high + SLACK_MM:
                self.lowest[axis] = min(value, self.lowest[axis])
                self.highest[axis] = max(value, self.highest[axis])
                if name == "z" or isinf(self.rim):
                    setattr(self, f"low_{name}", min(value, getattr(self, f"low_{name}")))
                    setattr(self, f"high_{name}", max(value, getattr(self, f"high_{name}")))
            elif isnan(value):
                reason = LineRefused(
                    f"{name.upper()} moves by a step from a place that is not known {self.known_since}"
                )
            else:
                there = f"{name.upper()} would reach {number(value)} mm"
                counted = self.counted_from.format(axis=name)
                reason = LineRefused(f"{there}, the machine has {number(low)} to {number(high)} mm{counted}")
        if isinf(self.rim) or (x is None and y is None):
            return reason
        return reason or self._beyond_rim(from_zero)

    def _beyond_rim(self, distance: float) -> LineRefused | None:
        """`distance` is NaN where X or Y is not known."""
        if distance <= self.rim + SLACK_MM:
            return None
        if isnan(distance):
            return LineRefused(f"X or Y is not known {self.known_since}, and the bed is round: give both", once=True)
        there = f"it would reach {number(round(distance, 2))} mm from the centre of the bed"
        return LineRefused(f"{there}, whose radius is {number(self.rim)} mm")

    def dwell(self, seconds: float) -> None:
        """Raises `LineRefused`."""
        self.time_s += seconds
        self.stand()
        if self.time_s > self.limits.time_max_s:
            self.too_long()

    def stand(self) -> None:
        """The next move begins from rest."""
        self.vx = self.vy = self.vz = 0.0

    def lose(self, axes: set[str]) -> None:
        """The places of these axes are no longer known."""
        for axis in axes:
            setattr(self, axis.lower(), nan)
        self.stand()

    def too_long(self) -> None:
        """Raises `LineRefused`, once."""
        hours = number(self.limits.time_max_s / 3600)
        raise LineRefused(f"the program takes longer than the {hours} h this machine allows", once=True)
