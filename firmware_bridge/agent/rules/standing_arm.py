"""What an owner armed in advance: hours, materials, people and a price."""

from firmware_bridge import wire
from firmware_bridge.machine import MachineProfile, StandingArm

CLOCK_APART_MAX_S = 15 * 60.0
"""How far this computer's clock may be from the commons' for its hours to be believed."""


def policy_objection(profile: MachineProfile, lease: wire.Lease, hour: int, clock_apart_s: float = 0.0) -> str:
    """Why the owner's standing arm does not cover this lease; empty when it does.

    Hours are local, `[from, to)`; from > to runs over midnight; from = to is never. They hold only where this
    computer's clock agrees with the commons': one that lost the time must not print at night.
    """
    if profile.arm != "policy":
        return "a person arms this machine"
    start, end = profile.arm_policy.hours
    if not (start <= hour < end if start <= end else hour >= start or hour < end):
        return f"it is outside the hours {start} to {end}"
    if (start, end) != (0, 24) and clock_trouble(clock_apart_s):
        return clock_trouble(clock_apart_s)
    materials = {name.casefold() for name in profile.arm_policy.materials}
    if materials and lease.material.casefold() not in materials:
        return f"{lease.material} is not among the materials of the standing arm"
    if profile.arm_policy.people and lease.ordered_by not in profile.arm_policy.people:
        return f"{lease.ordered_by} is not among the people of the standing arm"
    return _price_objection(profile.arm_policy, lease.price)


def _price_objection(policy: StandingArm, price: wire.Price | None) -> str:
    if not policy.price_min:
        return ""
    floor = f"{policy.price_min} {policy.currency} (minor units)"
    if price is None:
        return f"it names no price, and the standing arm begins at {floor}"
    if price.currency != policy.currency or price.amount < policy.price_min:
        return f"it pays {price.amount} {price.currency}, and the standing arm begins at {floor}"
    return ""


def clock_trouble(apart_s: float) -> str:
    """What the owner is told of a wall clock that is not the commons'; empty where the two agree."""
    if abs(apart_s) <= CLOCK_APART_MAX_S:
        return ""
    direction = "ahead of" if apart_s > 0 else "behind"
    return f"this computer's clock is {abs(apart_s) / 3600:.1f} h {direction} the commons': set it right (timedatectl)"
