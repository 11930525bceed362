"""The protocols there are, by the name a machine's profile gives them."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from firmware_bridge.errors import ProfileError
from firmware_bridge.machine import Limits, Volume
from firmware_bridge.protocol.conversation import Firmware
from firmware_bridge.protocol.grbl.about import Expected
from firmware_bridge.protocol.grbl.lines import check_line as check_grbl_line
from firmware_bridge.protocol.grbl.sender import Grbl
from firmware_bridge.protocol.marlin.framing import check_line
from firmware_bridge.protocol.marlin.sender import Marlin

MARLIN = Firmware("marlin", check_line, Marlin, "its heaters are off", "may still be hot", numbers_lines=True)
GRBL = Firmware("grbl", check_grbl_line, Grbl, "its spindle is off", "its spindle may still turn")

FIRMWARES: Mapping[str, Firmware] = {each.name: each for each in (MARLIN, GRBL)}


def named(name: str) -> Firmware:
    """Raises `ProfileError` for one that this bridge has no protocol for."""
    try:
        return FIRMWARES[name]
    except KeyError:
        raise ProfileError(f"this version of the bridge sends nothing to {name} yet") from None


def expecting(name: str, volume: Volume, limits: Limits) -> Firmware:
    """The firmware of a machine whose owner has said so much of it; a Grbl that says less of itself is refused.

    Raises `ProfileError` as `named`.
    """
    if name != GRBL.name:
        return named(name)
    expected = Expected((volume.x_mm, volume.y_mm, volume.z_mm), limits.spindle_max_rpm)
    return replace(GRBL, converse=partial(Grbl, expected=expected))
