"""The machine profile: one TOML file per machine, kept by its owner and held against every program.

Lengths are mm, feeds mm/min, speeds mm/s, spindles rpm, temperatures °C, times s. The file has a part that is
published to the commons (`MachineProfile.published`) and a part that never leaves the workshop
(`link`, `arm`, `power`, `resume_within_s`). What a file leaves out is that of a common printer, or of a common router
(`ROUTER`) where it says `process = "milling"`.
"""

from firmware_bridge.machine.making import Limits, Material, Milling, Printing, Programs
from firmware_bridge.machine.private import Link, Power, StandingArm
from firmware_bridge.machine.profile import MachineProfile, Profile, PublishedProfile
from firmware_bridge.machine.table import Name
from firmware_bridge.machine.volume import Volume

__all__ = [
    "Limits",
    "Link",
    "MachineProfile",
    "Material",
    "Milling",
    "Name",
    "Power",
    "Printing",
    "Profile",
    "Programs",
    "PublishedProfile",
    "StandingArm",
    "Volume",
]
