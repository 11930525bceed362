"""A printer with programs of its own, one without, and a router."""

import io

import pytest

from firmware_bridge.errors import ProgramRefused
from firmware_bridge.gcode import check, generic_profile
from firmware_bridge.machine import MachineProfile

START = """\
G21 ; millimetres
g90
M83
M140 S{bed_c}
M104 S{hotend_c}
G28
G29
M420 S1 Z10
M900 K0.05
M109 S{hotend_c}
G92 E0
G1 Z2.0 F600
G1 X5 Y5 F3000
G1 X60 E9 F1000
"""
END = """\
M83
G91
G1 Z5 E-2 F1200
G90
G28 X0
M104 S0
M140 S0
M84
"""
MACHINE = f'''
name = "Ender"
materials = [{{name = "PLA", hotend_c = 210, bed_c = 60}}, {{name = "PETG", hotend_c = 235.5, bed_c = 80}}]
programs = {{start = """
{START}""", end = """
{END}"""}}
'''
READY = "G28\nG90\nM83\nM104 S210\nG1 X100 Y100 Z10 F3000\n"
CUTTING = "G90\nG0 Z5\nM3 S10000\nG0 X100 Y100\nG1 Z-1 F300\n"


@pytest.fixture(scope="session")
def owned():
    """With start and end programs."""
    return MachineProfile.parse(MACHINE)


@pytest.fixture(scope="session")
def bare():
    """220 × 220 × 250 mm, 260 °C, bed 110 °C, no programs of its own."""
    return generic_profile("marlin")


@pytest.fixture(scope="session")
def router():
    """300 × 180 mm, Z from -25 to 20 mm, safe from 3 mm on, 3000 mm/min, 12000 rpm, no programs of its own."""
    return generic_profile("grbl")


@pytest.fixture(scope="session")
def passed():
    """The canonical text of a program and its report."""

    def run(text, profile):
        out = io.BytesIO()
        report = check(text.split("\n"), profile, out)
        return out.getvalue().decode("ascii"), report

    return run


@pytest.fixture(scope="session")
def refusals():
    """What is refused of a program: (line, reason) for each."""

    def run(text, profile):
        with pytest.raises(ProgramRefused) as caught:
            check(text.split("\n"), profile)
        return [(refusal.line, refusal.reason) for refusal in caught.value.refusals]

    return run


@pytest.fixture(scope="session")
def ready():
    """The lines a program needs before it may move and extrude on the machine without programs."""
    return READY


@pytest.fixture(scope="session")
def cutting():
    """The lines a program needs before it may cut on the router; they leave it 1 mm deep at X100 Y100."""
    return CUTTING
