"""A virtual Grbl or grblHAL router, without I/O."""

from firmware_bridge.virtual.grbl.machine import Settings, VirtualGrbl
from firmware_bridge.virtual.grbl.system import KNOWN

__all__ = ["KNOWN", "Settings", "VirtualGrbl"]
