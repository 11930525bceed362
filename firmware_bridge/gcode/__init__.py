"""What a program may say, for one machine: the gate, and the programs that have passed it.

A canonical program is ASCII lines, each ending in LF: one command each, no comments, no blank lines, numbers of
at most five decimals, no line over 80 characters. The sha256 over its bytes is what is planned, armed, streamed
and reported.
"""

from firmware_bridge.gcode.compose import blocks, check, check_file, compose, generic_profile, verify
from firmware_bridge.gcode.gate import GATE_VERSION, GateReport
from firmware_bridge.gcode.parse import read_lines

__all__ = [
    "GATE_VERSION",
    "GateReport",
    "blocks",
    "check",
    "check_file",
    "compose",
    "generic_profile",
    "read_lines",
    "verify",
]
