"""The workshop's power budget, so that its machines do not all heat up at once: a pure rule over watts.

A heater takes all its power until it has reached its temperature, then a share of it (`Power.holding_share`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firmware_bridge.machine import Power
from firmware_bridge.wire import Progress

REACHED_C = 3.0
"""Marlin waits for 1 °C (TEMP_WINDOW) and then swings about its target."""


@dataclass(frozen=True)
class Heat:
    """Which heaters of a machine that is at work have reached what they were told. One without a target has not: its
    program may still heat it."""

    hotend_reached: bool = False
    bed_reached: bool = False


def heat_of(progress: Progress | None) -> Heat:
    """What is known of a run's heaters; of a machine that has said nothing, that both heat."""
    if progress is None:
        return Heat()
    return Heat(
        hotend_reached=_reached(progress.hotend_c, progress.hotend_target_c),
        bed_reached=_reached(progress.bed_c, progress.bed_target_c),
    )


def _reached(now_c: float | None, target_c: float | None) -> bool:
    return now_c is not None and bool(target_c) and now_c >= (target_c or 0.0) - REACHED_C


def draw_w(power: Power, heat: Heat | None) -> float:
    """What a machine takes; `heat` None for one whose heaters are off."""
    if heat is None:
        return power.idle_w
    hotend = power.holding_share if heat.hotend_reached else 1.0
    bed = power.holding_share if heat.bed_reached else 1.0
    return power.idle_w + power.hotend_w * hotend + power.bed_w * bed


def why_waiting(
    budget_w: float,
    machine: str,
    powers: Mapping[str, Power],
    heats: Mapping[str, Heat],
    ahead: Iterable[str],
) -> str:
    """Why this machine may not begin to heat up now; empty when it may. A budget of 0 is none.

    `heats` names the machines whose heaters may be on; `ahead` those that came before and may begin as well: what they
    will take is kept for them, so that small ones never hold up a large one for ever.
    """
    if not budget_w:
        return ""
    taken_w = sum(draw_w(power, heats.get(name)) for name, power in powers.items())
    kept_w = sum(_heating_up_w(powers[name]) for name in ahead)
    needed_w = _heating_up_w(powers[machine])
    if taken_w + kept_w + needed_w <= budget_w:
        return ""
    kept = f", {kept_w:.0f} W are kept for {' and '.join(ahead)}" if kept_w else ""
    hot = f" by {' and '.join(sorted(heats))}" if heats else ""
    return (
        f"power: it needs {needed_w:.0f} W to heat up, and {taken_w:.0f} of {budget_w:.0f} W are taken{hot}{kept};"
        " one that has reached its temperature takes less"
    )


def beyond(budget_w: float, powers: Mapping[str, Power]) -> dict[str, str]:
    """The machines that could never heat up within the budget, and why: they would wait for ever."""
    if not budget_w:
        return {}
    idle_w = sum(power.idle_w for power in powers.values())
    return {
        name: f"its heaters take {_heating_up_w(power):.0f} W beside the {idle_w:.0f} W of idle machines, more than"
        f" power_budget_w = {budget_w:g} in bridge.toml"
        for name, power in powers.items()
        if idle_w + _heating_up_w(power) > budget_w
    }


def _heating_up_w(power: Power) -> float:
    return power.hotend_w + power.bed_w
