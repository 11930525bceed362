"""What the machine will have done once the lines so far are executed, held against its profile.

Modes, place, feed, filament and temperatures are followed. Nothing an earlier program left behind is
relied on: until this one has said it, the feed, the place of E and the place of every axis are unknown, and
what needs one of them is refused; that moves are absolute is written out where it was left unsaid. An axis is
known from its first absolute move after homing on, since machines home to either end, and Z also by a probe, at
a height of its own. But Z may be lifted a little by steps from where homing or probing left it, as start
programs do.

After G90 or G91, E is relative in some Marlins and absolute in others (1.1 keeps M83 through a G90, 2.x does
not: `GcodeSuite::set_relative_mode`). Both are followed; E is refused while they disagree.

Time is at the program's own acceleration (M204), or the profile's maximum before it. Heating is not counted.
"""

from math import hypot, inf, isinf, isnan, nan, sqrt

from firmware_bridge.gcode.canonical import number
from firmware_bridge.gcode.parse import LineRefused, Unsaid, plain_move
from firmware_bridge.gcode.travel import SLACK_MM, Travel
from firmware_bridge.machine import Profile

Target = tuple[float | None, float | None, float | None, float | None, float | None]
"""X, Y, Z, E in mm and F in mm/min, as far as given."""


LIFT_MAX_MM = 20.0
"""What is assumed of a lift right after homing: a Z that homes to its bottom or by a probe then has so much room above,
and one that homes to its top is held there by the firmware's own end stop (`apply_motion_limits` in Marlin's
`module/motion.cpp`, which nothing that passes here turns off). Nothing goes below it."""


_UNHOMED = "the machine was homed (G28): home first, or have the machine's start program do it"


class Motion(Travel):
    """A printer's state, changed by `line`, `arc` and the functions of `effects`."""

    known_since = "since homing"

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile, profile.volume.low, profile.volume.high)
        self.e = nan
        self.homed: set[str] = set()
        self.lifted = inf
        """How far above where homing or probing left it Z stands, mm, while that is all that is known of it."""
        self.e_of_marlin_1: bool | None = None
        self.e_of_marlin_2: bool | None = None
        self.step_max = profile.limits.extrude_max_mm + SLACK_MM
        self.feed_max = profile.limits.feed_max_mm_min
        self.hotend_c = 0.0
        self.filament = 0.0
        self.may_extrude = False
        self.settled = False
        """Homed, with a mode and a feed: an XYZ move needs no further question."""
        self.e_is_relative: bool | None = None

    def quick(self, line: str) -> str | None:
        """The short way for what nearly all lines are, followed: canonical, "" for nothing, None for the long way.

        Raises `LineRefused`.
        """
        if line[:1] == ";" and line.isprintable():
            return ""
        plain = plain_move(line)
        if not plain:
            return None
        text, x, y, z, e, f = plain
        if f is not None and f > self.feed_max:
            return None
        self.line(x, y, z, e, f)
        return text

    def begin_end(self) -> None:
        """The owner's end program follows: it relies on what the job said."""

    def ending(self) -> list[str]:
        """What a file lacks at its end: a printer's says itself how it ends."""
        return []

    def check_end(self) -> None:
        """Nothing more is asked of how a print ends."""

    def line(self, x: float | None, y: float | None, z: float | None, e: float | None, f: float | None) -> None:
        """A straight move (G0, G1); mm and mm/min, `f` already within its limit. Raises `LineRefused`."""
        if f is not None:
            self.feed = f / 60
            if not self.settled:
                self.settle()
        reason = None
        distance = 0.0
        if x is not None or y is not None or z is not None:
            if not self.settled:
                self._ask(x, y, z)
            # The common case first: an absolute move inside what was already reached needs no more checks.
            shift = self.is_relative
            at_x, at_y, at_z = self.x, self.y, self.z
            to_x = at_x if x is None else at_x + x if shift else x
            to_y = at_y if y is None else at_y + y if shift else y
            to_z = at_z if z is None else at_z + z if shift else z
            if not (
                (x is None or self.low_x <= to_x <= self.high_x)
                and (y is None or self.low_y <= to_y <= self.high_y)
                and (z is None or self.low_z <= to_z <= self.high_z)
            ):
                unknown = z is not None and isnan(to_z)
                reason = self.reach(
                    None if x is None else to_x,
                    None if y is None else to_y,
                    None if z is None or unknown else to_z,
                    hypot(to_x, to_y),
                )
                if z is not None and unknown:
                    reason = reason or self._lift(z)
            self.x, self.y, self.z = to_x, to_y, to_z
            dx, dy, dz = to_x - at_x, to_y - at_y, to_z - at_z
            distance = sqrt(dx * dx + dy * dy + dz * dz)
            if distance > 0:
                scale = self.feed / distance
                vx, vy, vz = dx * scale, dy * scale, dz * scale
                self.spend(distance, vx, vy, vz, self.feed)
                self.vx, self.vy, self.vz = vx, vy, vz
            elif isnan(distance):
                # From a place not known since homing: the longest way there is along each axis of which it is not.
                ways = zip((x, y, z), (dx, dy, dz), self.size, strict=True)
                distance = hypot(*(size if isnan(way) else way for given, way, size in ways if given is not None))
                if distance > 0:
                    self.spend(distance, 0.0, 0.0, 0.0, self.feed)
                self.stand()
        if e is not None:
            reason = reason or self._extrude(e, moved=distance > 0)
        if reason:
            raise reason
        if self.time_s > self.limits.time_max_s:
            self.too_long()

    def _lift(self, step: float) -> LineRefused | None:
        self.lifted += step
        if -SLACK_MM <= self.lifted <= min(LIFT_MAX_MM, self.size[2]) + SLACK_MM:
            return None
        where = "Z moves by a step from a place that is not known since homing"
        if isinf(self.lifted):
            return LineRefused(where)
        return LineRefused(f"{where}; up to {LIFT_MAX_MM:g} mm above it is taken: say G90 and a height")

    def arc(self, offset: tuple[float, float], to: Target, *, clockwise: bool) -> None:
        """A move along an arc (G2, G3) around the place it starts from plus `offset`. Raises `LineRefused`."""
        x, y, z, e, f = to
        if f is not None:
            self.feed = f / 60
            self.settle()
        if not self.settled:
            self._ask(0.0, 0.0, z)
        reason = self.curve(offset, (x, y, z), clockwise=clockwise)
        if e is not None:
            reason = reason or self._extrude(e, moved=True)
        if reason:
            raise reason
        if self.time_s > self.limits.time_max_s:
            self.too_long()

    def _extrude(self, e: float, *, moved: bool) -> LineRefused | None:
        relative = self.e_is_relative
        if relative is None:
            return LineRefused("whether E is absolute or relative is not known here: say M82 or M83 first", once=True)
        step = e if relative else e - self.e
        self.e = self.e + e if relative else e
        if step == 0:
            return None
        if isnan(step):
            return LineRefused("the place of E is not known here: say G92 E0 first", once=True)
        self.filament += step
        self.extruded_mm = max(self.extruded_mm, self.filament)
        if not moved and self.feed:
            self.time_s += abs(step) / self.feed
            self.stand()
        if self.may_extrude and self.homed and self.feed and -self.step_max <= step <= self.step_max:
            return None
        return self._why_not_extrude(step)

    def _why_not_extrude(self, step: float) -> LineRefused:
        if not self.homed:
            return LineRefused(f"extrudes before {_UNHOMED}", once=True)
        if not self.feed:
            return LineRefused("no feed (F) was given yet", once=True)
        if not self.may_extrude:
            now, least = number(self.hotend_c), number(self.limits.extrude_min_c)
            return LineRefused(
                f"extrudes with the hot end set to {now} °C; it takes {least} °C: heat before it, or retract before it"
                " is turned off",
                once=True,
            )
        most = number(self.limits.extrude_max_mm)
        return LineRefused(f"pushes {number(step)} mm of filament in one move, the limit is {most} mm")

    def _ask(self, x: float | None, y: float | None, z: float | None) -> None:
        """What an XYZ move needs. Each is complained of once, then taken as given."""
        moved = {name for name, value in zip("XYZ", (x, y, z), strict=True) if value is not None}
        if not moved <= self.homed:
            self.homed |= moved
            raise LineRefused(f"moves before {_UNHOMED}", once=True)
        if self.is_relative is None:
            # Marlin begins absolute (`GcodeSuite::axis_relative`), and slicers' own start code relies on it. Who
            # printed before may have left it otherwise; and G90 may touch the mode of E.
            raise Unsaid("G90", *{True: ("M83",), False: ("M82",), None: ()}[self.e_is_relative])
        if self.feed == 0:
            self.feed = 1.0
            raise LineRefused("no feed (F) was given yet", once=True)

    def settle(self) -> None:
        """To be called when homing, mode or feed changed."""
        self.settled = len(self.homed) == 3 and self.is_relative is not None and self.feed > 0

    def settle_e(self) -> None:
        """To be called when a mode of E changed."""
        first = True if self.is_relative else self.e_of_marlin_1
        self.e_is_relative = first if first == self.e_of_marlin_2 else None

    def set_hotend(self, target_c: float) -> None:
        self.hotend_c = target_c
        self.hotend_max_c = max(self.hotend_max_c, target_c)
        self.may_extrude = target_c >= self.limits.extrude_min_c
