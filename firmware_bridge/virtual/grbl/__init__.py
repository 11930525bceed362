"""A virtual Grbl or grblHAL router, without I/O."""

from firmware_bridge.virtual.grbl.machine import Settings, VirtualGrbl

__all__ = ["Settings", "VirtualGrbl"]
