"""What a router will have done once the lines so far are executed, held against its profile.

Places are work coordinates (G54), whose zero lies in the travel where `profile.milling` says. Nothing an earlier
program left behind is relied on: until this one has said it, the positioning mode, the feed, the spindle's speed,
the motion that a bare coordinate continues and the place of every axis are unknown, and what needs one of them is
refused.

Below the safe height a rapid only rises, and a feed move other than that needs the spindle turning. So the first
move of any program lifts, since it begins at a height nobody said: where it does not, a lift to the safe height is
written before it, as CAM programs leave that to whoever sets the zero.

Rapids are counted at the profile's largest feed; the spindle's own start is not counted.
"""

from math import hypot, isnan, sqrt

from firmware_bridge.gcode.canonical import no_lower, number
from firmware_bridge.gcode.milling.quick import quick_arc, quick_move
from firmware_bridge.gcode.parse import LineRefused, Unsaid
from firmware_bridge.gcode.travel import SLACK_MM, Travel
from firmware_bridge.machine import Profile

ARC_SLACK_MM, ARC_SLACK_OF_RADIUS = 0.005, 0.001
"""How far an arc's start and end may differ in radius: the larger of the two (`grbl/gcode.c`: error 33)."""
ARC_SLACK_MAX_MM = 0.05


class Milling(Travel):
    """A router's state, changed by its methods and the functions of `effects`."""

    counted_from = (
        ", counted from your zero: how far that lies from the axis' low end is zero_{axis}_mm under [milling] in the"
        " machine's profile"
    )

    def __init__(self, profile: Profile) -> None:
        zero, travel = profile.milling, profile.volume
        floor = (-zero.zero_x_mm, -zero.zero_y_mm, -zero.zero_z_mm)
        super().__init__(profile, floor, (floor[0] + travel.x_mm, floor[1] + travel.y_mm, floor[2] + travel.z_mm))
        self.safe_z = no_lower(zero.safe_z_mm)
        self.safe_from = self.safe_z - SLACK_MM
        self.feed_max = profile.limits.feed_max_mm_min
        self.fastest = self.feed_max / 60
        self.motion = ""
        """What a bare coordinate continues: G0 to G3, G80 for nothing, or "" while that is not known."""
        self.speed_rpm: float | None = None
        """The S said last, whether the spindle turns or not; None while none was."""
        self.spindle_on = self.coolant_on = self.ended = False
        self.at_end = False
        """In the owner's end program, which is byte for byte that of the profile: no lift is added to it."""

    def quick(self, line: str) -> str | None:
        """The short way for nearly all lines, followed: canonical, "" for nothing, None for the long way.

        Raises `LineRefused`.
        """
        move = quick_move(line, self.motion)
        if not move:
            return self._quick_arc(line)
        text, x, y, z, f = move
        if f is not None and f > self.feed_max:
            return None
        self.motion = motion = text[:2]
        self.line(x, y, z, f, rapid=motion == "G0")
        return text

    def _quick_arc(self, line: str) -> str | None:
        found = quick_arc(line, self.motion)
        if not found:
            return None
        text, x, y, z, i, j, f = found
        if f is not None and f > self.feed_max:
            return None
        self.motion = motion = text[:2]
        self.arc((i, j), (x, y, z), f, clockwise=motion == "G2")
        return text

    def line(self, x: float | None, y: float | None, z: float | None, f: float | None, *, rapid: bool) -> None:
        """A straight move (G0, G1); mm and mm/min, `f` already within its limit. Raises `LineRefused`."""
        if f is not None:
            self.feed = f / 60
        if x is None and y is None and z is None:
            return
        if self.ended or self.is_relative is None:
            self._ask()
        shift = self.is_relative
        at_x, at_y, at_z = self.x, self.y, self.z
        to_x = at_x if x is None else at_x + x if shift else x
        to_y = at_y if y is None else at_y + y if shift else y
        to_z = at_z if z is None else at_z + z if shift else z
        reason = None
        # The common case first: what lies inside of what was already reached needs no more checks.
        if not (
            (x is None or self.low_x <= to_x <= self.high_x)
            and (y is None or self.low_y <= to_y <= self.high_y)
            and (z is None or self.low_z <= to_z <= self.high_z)
        ):
            reason = self.reach(
                None if x is None else to_x, None if y is None else to_y, None if z is None else to_z, hypot(to_x, to_y)
            )
        self.x, self.y, self.z = to_x, to_y, to_z
        # And so here: a cut between known places with the spindle turning is what a program is made of.
        fine = self.spindle_on and not rapid and not isnan(at_z + to_x + to_y)
        if not fine and not (at_z >= self.safe_from and to_z >= self.safe_from):
            across = (x is not None and to_x != at_x) or (y is not None and to_y != at_y)
            if isnan(at_z) and not shift and not self.at_end and (across or to_z < self.safe_from):
                self.x, self.y, self.z = at_x, at_y, at_z
                raise Unsaid(f"G0 Z{number(self.safe_z)}", self.motion)
            reason = reason or self._why_not_below(at_z, across=across, rapid=rapid)
        speed = self.fastest if rapid else self.feed
        if not speed:
            raise reason or LineRefused("no feed (F) was given yet", once=True)
        dx, dy, dz = to_x - at_x, to_y - at_y, to_z - at_z
        distance = sqrt(dx * dx + dy * dy + dz * dz)
        if distance > 0:
            scale = speed / distance
            vx, vy, vz = dx * scale, dy * scale, dz * scale
            self.spend(distance, vx, vy, vz, speed)
            self.vx, self.vy, self.vz = vx, vy, vz
        elif isnan(distance):
            # From a place not known yet: the longest way there is.
            self.spend(hypot(*self.size), 0.0, 0.0, 0.0, speed)
            self.stand()
        if reason:
            raise reason
        if self.time_s > self.limits.time_max_s:
            self.too_long()

    def arc(
        self,
        offset: tuple[float, float],
        to: tuple[float | None, float | None, float | None],
        f: float | None,
        *,
        clockwise: bool,
    ) -> None:
        """A move along an arc (G2, G3) around the place it starts from plus `offset`. Raises `LineRefused`."""
        if f is not None:
            self.feed = f / 60
        if self.ended or self.is_relative is None:
            self._ask()
        if not self.feed:
            raise LineRefused("no feed (F) was given yet", once=True)
        at_z = self.z
        slack = min(max(ARC_SLACK_MM, ARC_SLACK_OF_RADIUS * hypot(*offset)), ARC_SLACK_MAX_MM)
        reason = self.curve(offset, to, clockwise=clockwise, slack_mm=slack)
        if not (at_z >= self.safe_from and self.z >= self.safe_from):
            reason = reason or self._why_not_below(at_z, across=True, rapid=False)
        if reason:
            raise reason
        if self.time_s > self.limits.time_max_s:
            self.too_long()

    def _why_not_below(self, at_z: float, *, across: bool, rapid: bool) -> LineRefused | None:
        """Why a move to the present place from the height `at_z` may not be, when it is not all above the safe one."""
        to_z, safe = self.z, number(self.safe_z)
        if not across and (to_z >= self.safe_from or to_z >= at_z):
            return None
        if isnan(at_z):
            reason = f"the tool's height is not known here: first lift it, by G0 Z{safe} or higher on a line of its own"
            return LineRefused(reason, once=True)
        if rapid:
            what = f"goes across at Z {number(min(at_z, to_z))} mm" if across else f"plunges to Z {number(to_z)} mm"
            mend = f"have it rapid at {safe} mm or higher only, or correct the profile's safe_z_mm"
            return LineRefused(f"a rapid (G0) {what}, below the safe height of {safe} mm: {mend}")
        if isnan(self.x + self.y):
            reason = f"goes below the safe height of {safe} mm where X or Y is not known yet: first go there above it"
            return LineRefused(reason, once=True)
        if not self.spindle_on:
            reason = f"cuts below the safe height of {safe} mm with the spindle off: say M3 with a speed first"
            return LineRefused(f"{reason}, or have the machine's start program say it", once=True)
        return None

    def _ask(self) -> None:
        if self.ended:
            raise LineRefused("the program has ended: nothing may follow its M2 or M30", once=True)
        self.is_relative = False
        raise LineRefused("whether moves are absolute or relative is not known here: say G90 or G91 first", once=True)

    def spindle(self, rpm: float) -> None:
        """Turning at `rpm`, or off at 0."""
        self.spindle_on = rpm > 0
        self.spindle_max_rpm = max(self.spindle_max_rpm, rpm)
        self.stand()

    def end(self) -> None:
        """M2 or M30. In a body it is not written, so it changes nothing that is counted."""
        self.ended = True

    def begin_end(self) -> None:
        """The end program follows, which relies on nothing that the job said."""
        self.ended = False
        self.at_end = True
        self.is_relative = None
        self.motion = ""

    def ending(self) -> list[str]:
        """What a file lacks for a safe end: the tool up, then everything off."""
        lift = ["G90", f"G0 Z{number(self.safe_z)}"] if self.z < self.safe_from else []
        return [*lift, *(["M5"] if self.spindle_on else []), *(["M9"] if self.coolant_on else []), "M30"]

    def check_end(self) -> None:
        """Raises `LineRefused` where the machine would be left turning or in the stock."""
        if self.spindle_on:
            raise LineRefused("the program ends with the spindle on: its end program must say M5")
        if self.z < self.safe_from:
            height, safe = number(self.z), number(self.safe_z)
            raise LineRefused(f"the program ends with the tool at Z {height} mm, below the safe height of {safe} mm")
