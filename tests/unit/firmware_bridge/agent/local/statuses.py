"""What a bridge says of a machine and of an attempt, with what a test says otherwise."""

from firmware_bridge.agent.local.control import AttemptStatus, MachineStatus


def machine(**changes):
    fields = {"machine": "ender", "name": "Ender", "state": "free", "bed_clear": True, "port": "/dev/ttyX"}
    return MachineStatus(**(fields | changes))


def attempt(**changes):
    fields = {
        "attempt": "a1",
        "machine": "ender",
        "title": "a knob",
        "ordered_by": "ada",
        "material": "PLA",
        "state": "leased",
        "checked": True,
        "local": False,
        "program_sha256": "0" * 64,
        "estimate_s": 5400.0,
    }
    return AttemptStatus(**(fields | changes))
