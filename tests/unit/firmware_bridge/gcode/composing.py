"""What tests of composed programs share, whatever firmware they are for."""

import msgspec
import pytest

from firmware_bridge.errors import ProgramRefused
from firmware_bridge.gcode import compose
from firmware_bridge.machine import Programs


def composed(path, body, profile, material):
    """The path of the whole program."""
    with path.open("wb") as out:
        compose(body.splitlines(), profile, material, out)
    return path


def refused(call, *arguments):
    with pytest.raises(ProgramRefused) as caught:
        call(*arguments)
    return caught.value.refusals


def changed(profile, **programs):
    return msgspec.structs.replace(profile, programs=Programs(**programs))
