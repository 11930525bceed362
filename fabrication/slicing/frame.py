"""The least start and end of a program, for a machine whose owner wrote none.

Where the owner has a start program, homing and probing stand only there; the slicer's own M104, M190 and
M109 heat, and wait for nothing where the owner's program has heated already. The gate's own end block
turns the heaters off.
"""

from firmware_bridge.machine import PublishedProfile

LIFT_MM = 10.0
LIFT_MM_MIN = 600.0


def framed(body: str, profile: PublishedProfile, top_mm: float) -> str:
    """`body` with what the profile's empty programs leave to be done; `top_mm` is the height of the part."""
    programs = profile.programs
    start = "" if programs.start.strip() else "G28\n"
    if programs.end.strip():
        return start + body
    # Away from the part, before the nozzle cools onto it.
    lift = min(top_mm + LIFT_MM, profile.volume.z_mm)
    return f"{start}{body}\nG90\nG1 Z{lift:.3f} F{min(LIFT_MM_MIN, profile.limits.feed_max_mm_min):.3f}\n"
