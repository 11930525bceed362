"""The least start and end of a program, for a machine whose owner wrote none.

Where the owner has a start program, homing and probing stand only there; the slicer's own M104, M190 and
M109 heat, and wait for nothing where the owner's program has heated already.
"""

from firmware_bridge.machine import PublishedProfile

LIFT_MM = 10.0


def framed(body: str, profile: PublishedProfile, top_mm: float) -> str:
    """`body` with what the profile's empty programs leave to be done; `top_mm` is the height of the part."""
    programs, volume, limits = profile.programs, profile.volume, profile.limits
    start = "" if programs.start.strip() else "G28\n"
    if programs.end.strip():
        return start + body
    feed = min(600.0, limits.feed_max_mm_min)
    lift = min(top_mm + LIFT_MM, volume.z_mm)
    # Away from the part before the nozzle cools onto it.
    return f"{start}{body}\nG90\nG1 Z{lift:.3f} F{feed:.3f}\nM104 S0\nM140 S0\nM107\nM84\n"
