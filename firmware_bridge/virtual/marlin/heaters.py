"""A heater that warms and cools at a steady pace: enough for waits and reports to be right. It can fail."""

import math

AMBIENT_C = 21.0
OPEN_SENSOR_C = -20.0


class Heater:
    """Temperatures in °C, times in s of the virtual clock."""

    def __init__(self, heats_c_s: float, cools_c_s: float) -> None:
        self.target_c = 0.0
        self._heats_c_s, self._cools_c_s = heats_c_s, cools_c_s
        self._from_c, self._since = AMBIENT_C, 0.0
        self._broken = False
        self._sensor_c: float | None = None

    def set(self, target_c: float, now: float) -> None:
        self._from_c, self._since = self.at(now), now
        self.target_c = target_c

    def arrive(self, now: float) -> None:
        """Be at the target."""
        self._from_c, self._since = max(self.target_c, AMBIENT_C), now

    def break_heater(self, now: float) -> None:
        """Power, and no heat from it."""
        self._from_c, self._since = self.at(now), now
        self._broken = True

    def break_sensor(self, says_c: float) -> None:
        self._sensor_c = says_c

    def reads(self, now: float) -> float:
        """What the sensor says, which is all that the firmware knows."""
        return self.at(now) if self._sensor_c is None else self._sensor_c

    def at(self, now: float) -> float:
        goal_c = AMBIENT_C if self._broken else max(self.target_c, AMBIENT_C)
        gap_c = goal_c - self._from_c
        pace_c_s = self._heats_c_s if gap_c > 0 else self._cools_c_s
        return self._from_c + math.copysign(min(abs(gap_c), pace_c_s * (now - self._since)), gap_c)

    def report(self, name: str, now: float) -> str:
        return f"{name}:{self.reads(now):.2f} /{self.target_c:.2f}"
