"""The override bytes: which share each changes, and how."""

from collections.abc import Mapping

from firmware_bridge.virtual.grbl.planner import Planner

FEED, RAPID, SPINDLE = "feed_share", "rapid_share", "spindle_share"
OVERRIDES: Mapping[int, tuple[str, float, float]] = {
    0x90: (FEED, 0, 1.0),
    0x91: (FEED, 1, 0.1),
    0x92: (FEED, 1, -0.1),
    0x93: (FEED, 1, 0.01),
    0x94: (FEED, 1, -0.01),
    0x95: (RAPID, 0, 1.0),
    0x96: (RAPID, 0, 0.5),
    0x97: (RAPID, 0, 0.25),
    0x99: (SPINDLE, 0, 1.0),
    0x9A: (SPINDLE, 1, 0.1),
    0x9B: (SPINDLE, 1, -0.1),
    0x9C: (SPINDLE, 1, 0.01),
    0x9D: (SPINDLE, 1, -0.01),
}
"""Which share becomes how much of itself, and that much more."""
SHARE_LEAST, SHARE_MOST = 0.1, 2.0


def override(planner: Planner, byte: int) -> None:
    name, keep, more = OVERRIDES[byte]
    share = getattr(planner, name) * keep + more
    setattr(planner, name, min(max(share, SHARE_LEAST), SHARE_MOST))
