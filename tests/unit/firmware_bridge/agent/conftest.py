"""A machine, a lease for it, and a world with both: what every decision starts from."""

from collections.abc import Callable

import pytest

from firmware_bridge import wire
from firmware_bridge.agent.rules.world import Bench, Machine, World
from firmware_bridge.machine import Link, MachineProfile, Material


@pytest.fixture
def machine() -> Machine:
    profile = MachineProfile(
        name="Ender", materials=(Material(name="PLA", hotend_c=210, bed_c=60),), link=Link(port="/dev/null")
    )
    published = profile.published()
    return Machine(id="ender", profile=profile, published=published, sha256=published.sha256())


@pytest.fixture
def make_lease(machine: Machine) -> Callable[..., wire.Lease]:
    def make(**changes: object) -> wire.Lease:
        fields = {
            "attempt": "a1",
            "fence": 3,
            "machine": "ender",
            "title": "a knob",
            "ordered_by": "ada",
            "material": "PLA",
            "profile_sha256": machine.sha256,
            "program_sha256": "0" * 64,
            "program_bytes": 100,
            "estimate_s": 60.0,
            "expires_in_s": 120.0,
        }
        return wire.Lease(**(fields | changes))

    return make


@pytest.fixture
def world(machine: Machine) -> World:
    return World(
        machines={"ender": machine},
        benches={"ender": Bench(bed_clear=True)},
        attempts=(),
        present=frozenset({"ender"}),
        hour=12,
    )


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()
