"""The protocols there are, by the name a machine's profile gives them."""

from collections.abc import Mapping

from firmware_bridge.protocol.conversation import Firmware
from firmware_bridge.protocol.grbl.lines import check_line as check_grbl_line
from firmware_bridge.protocol.grbl.sender import Grbl
from firmware_bridge.protocol.marlin.framing import check_line
from firmware_bridge.protocol.marlin.sender import Marlin

MARLIN = Firmware("marlin", check_line, Marlin, numbers_lines=True)
GRBL = Firmware("grbl", check_grbl_line, Grbl)

FIRMWARES: Mapping[str, Firmware] = {each.name: each for each in (MARLIN, GRBL)}
