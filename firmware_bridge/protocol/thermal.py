"""Whether what a machine says of its heaters can be true: a second look beside the firmware's own.

Pure: temperatures and the time go in, a reason to stop comes out. The firmware's protection acts first on any healthy
build; this one is for a build without it (`THERMAL_PROTECTION` off), or one whose sensor fails where it does not look.
A sensor that sticks at a temperature that was reached looks like a good one: only a hardware cut-out sees that.
"""

from dataclasses import dataclass

from firmware_bridge.protocol.conversation import Temperatures


@dataclass(frozen=True)
class Watch:
    """What one heater cannot do while it and its sensor are well. °C and s.

    Looser than Marlin as it is shipped, whose configurations in the field reach these (`Configuration_adv.h`):

    | | hot end | bed |
    |---|---|---|
    | WATCH_TEMP_INCREASE in WATCH_TEMP_PERIOD | 2 °C in 20 to 60 s | 2 °C in 60 to 180 s |
    | THERMAL_PROTECTION_HYSTERESIS for …_PERIOD | 4 to 8 °C for 40 to 80 s | 2 to 5 °C for 20 to 180 s |
    """

    name: str
    rise_c: float
    rise_within_s: float
    near_c: float
    """Closer to its target than this a heater may crawl; from there on it counts as having reached it."""
    fall_c: float
    fall_for_s: float


HOTEND = Watch("the hot end", rise_c=2.0, rise_within_s=120.0, near_c=10.0, fall_c=15.0, fall_for_s=120.0)
BED = Watch("the bed", rise_c=2.0, rise_within_s=300.0, near_c=10.0, fall_c=10.0, fall_for_s=300.0)

COLDEST_C = -15.0
"""An open sensor reads below this in Marlin's tables; no workshop is that cold."""
OVER_LIMIT_C = 15.0
"""Above the owner's limit: as far as a hot end may overshoot (HOTEND_OVERSHOOT, 10 to 15)."""
JUMP_C, JUMP_C_S = 25.0, 10.0
"""A reading further from its target than the one before it by more than this, plus so much each second between them,
is no heater's doing: the fastest hot ends change by some 8 °C each second. Towards its target a reading may leap: a
printer that lives in faster time does."""
SAME_C = 10.0
"""What cannot be counts once the next reading says the same: a garbled byte is not repeated."""


class Heater:
    """One heater, reading by reading. `most_c` is the owner's limit."""

    def __init__(self, watch: Watch, most_c: float) -> None:
        self._watch, self._most_c = watch, most_c
        self._target_c = 0.0
        self._reached = False
        self._last: tuple[float, float] | None = None
        """The latest reading that was believed, and when."""
        self._doubted: tuple[float, str] | None = None
        self._mark = (0.0, 0.0)
        """While warming: the temperature to rise above, and since when."""
        self._cold_since: float | None = None

    def read(self, now_c: float, target_c: float, now: float, *, attended: bool = False) -> str:
        """Why to stop; empty while all is well. `attended`: nobody expects it to be at its target."""
        if self._doubted is not None and abs(now_c - self._doubted[0]) <= SAME_C:
            return f"{self._watch.name} {self._doubted[1]}: look at its sensor"
        doubt = self._doubt(now_c, target_c, now)
        self._doubted = (now_c, doubt) if doubt else None
        if doubt:
            return ""
        self._last = (now_c, now)
        if target_c != self._target_c:
            self._target_c, self._reached = target_c, False
            self._mark, self._cold_since = (now_c, now), None
        if attended:
            self._reached, self._mark, self._cold_since = False, (now_c, now), None
        if target_c <= 0:
            return ""
        return self._hold(now_c, now) if self._reached else self._warm(now_c, now)

    def _doubt(self, now_c: float, target_c: float, now: float) -> str:
        # Where nothing is to be warm, a bed that is not even wired may read anything cold.
        if target_c > 0 and now_c < COLDEST_C:
            return f"reads {now_c:.0f} °C"
        if now_c > self._most_c + OVER_LIMIT_C:
            return f"reads {now_c:.0f} °C, its limit is {self._most_c:g} °C"
        # A new target may be another tool's, whose reading stands in the same place.
        if target_c == self._target_c > 0 and self._last is not None:
            before_c, at = self._last
            if abs(now_c - target_c) - abs(before_c - target_c) > JUMP_C + JUMP_C_S * (now - at):
                return f"jumped from {before_c:.0f} to {now_c:.0f} °C, which no heater does"
        return ""

    def _warm(self, now_c: float, now: float) -> str:
        watch, (mark_c, since) = self._watch, self._mark
        if now_c >= self._target_c - watch.near_c:
            self._reached = True
        elif now_c >= mark_c + watch.rise_c:
            self._mark = (now_c, now)
        elif now - since > watch.rise_within_s:
            tried = f"has not got {watch.rise_c:g} °C warmer in {watch.rise_within_s:g} s"
            return f"{watch.name} {tried}: it is at {now_c:.0f} °C and is to reach {self._target_c:g} °C"
        return ""

    def _hold(self, now_c: float, now: float) -> str:
        watch = self._watch
        if now_c >= self._target_c - watch.fall_c:
            self._cold_since = None
        elif self._cold_since is None:
            self._cold_since = now
        elif now - self._cold_since > watch.fall_for_s:
            fell = f"had reached {self._target_c:g} °C and has been far below it for {watch.fall_for_s:g} s"
            return f"{watch.name} {fell}: it is at {now_c:.0f} °C"
        return ""


class ThermalWatch:
    """Hot end and bed of one run. Limits in °C, as the owner's profile has them."""

    def __init__(self, hotend_max_c: float, bed_max_c: float) -> None:
        self._hotend, self._bed = Heater(HOTEND, hotend_max_c), Heater(BED, bed_max_c)
        self._seen: Temperatures | None = None

    def look(self, heat: Temperatures, now: float, *, attended: bool = False) -> str:
        """Why to stop; empty while all is well. The same object again is no new reading.

        `attended`: it waits for a person, as for new filament. Marlin then lets the hot end go cold, and goes on
        to report its target (`PAUSE_PARK_NOZZLE_TIMEOUT`, 45 s as shipped; `HOTEND_IDLE_TIMEOUT`).
        """
        if heat is self._seen:
            return ""
        self._seen = heat
        reasons = []
        if heat.hotend_c is not None:
            reasons.append(self._hotend.read(heat.hotend_c, heat.hotend_target_c or 0.0, now, attended=attended))
        if heat.bed_c is not None:
            reasons.append(self._bed.read(heat.bed_c, heat.bed_target_c or 0.0, now, attended=attended))
        return "; ".join(reason for reason in reasons if reason)
