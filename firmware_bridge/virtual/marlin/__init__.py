"""A virtual Marlin printer, without I/O."""

from firmware_bridge.virtual.marlin.machine import GREETING, Settings, VirtualMarlin

__all__ = ["GREETING", "Settings", "VirtualMarlin"]
