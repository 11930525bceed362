from dataclasses import replace

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge.agent.rules import power
from firmware_bridge.agent.rules.power import Heat
from firmware_bridge.agent.rules.steps import AskStart, todo, why_waiting
from firmware_bridge.agent.rules.world import Attempt, Bench, Hot, Machine, World
from firmware_bridge.machine import Link, Power
from firmware_bridge.wire import AttemptState, Progress

PRINTER = Power(hotend_w=40, bed_w=200, idle_w=10, holding_share=0.4)


@pytest.mark.parametrize(
    ("heat", "watts"),
    [
        (None, 10),
        (Heat(), 250),
        (Heat(hotend_reached=True), 226),
        (Heat(bed_reached=True), 130),
        (Heat(hotend_reached=True, bed_reached=True), 106),
    ],
)
def test_what_a_machine_takes(heat, watts):
    assert power.draw_w(PRINTER, heat) == pytest.approx(watts)


@pytest.mark.parametrize(
    ("heat", "reached"),
    [
        ({}, Heat()),
        ({"hotend_c": 205, "hotend_target_c": 205}, Heat(hotend_reached=True)),
        ({"hotend_c": 200, "hotend_target_c": 205}, Heat()),
        ({"hotend_c": 205, "hotend_target_c": 205, "bed_c": 58, "bed_target_c": 60}, Heat(True, True)),
        ({"hotend_c": 21, "hotend_target_c": 0, "bed_c": 60, "bed_target_c": 60}, Heat(bed_reached=True)),
        ({"hotend_c": 205, "bed_c": 60}, Heat()),
    ],
)
def test_a_heater_holds_once_it_has_reached_its_target(heat, reached):
    assert power.heat_of(Progress(line=1, lines=2, **heat)) == reached
    assert power.heat_of(None) == Heat()


def test_a_machine_that_could_never_heat_up_is_named():
    powers = {"a": PRINTER, "b": Power(bed_w=900)}
    assert power.beyond(0, powers) == {}
    assert set(power.beyond(500, powers)) == {"b"}
    assert "900 W beside the 10 W of idle machines" in power.beyond(500, powers)["b"]


def workshop(machine: Machine, make_lease, powers, budget_w):
    """A machine for each of these, each with an attempt that only power can keep."""
    machines = {
        name: replace(machine, id=name, profile=msgspec.structs.replace(machine.profile, power=each))
        for name, each in powers.items()
    }
    return World(
        machines=machines,
        benches=dict.fromkeys(machines, Bench(bed_clear=True)),
        attempts=tuple(
            Attempt(make_lease(attempt=f"on-{name}", machine=name), AttemptState.ARMED, checked=True)
            for name in machines
        ),
        present=frozenset(machines),
        expires={f"on-{name}": 1e9 for name in machines},
        power_budget_w=budget_w,
    )


def taken_w(world):
    return sum(power.draw_w(m.profile.power, world.heats.get(name)) for name, m in world.machines.items())


def after(world, attempt, state, heats):
    """What the desk would see: a run begun makes its machine hot, an end makes it cold and clears nothing."""
    machine = attempt.lease.machine
    attempts = tuple(replace(a, state=state) if a.id == attempt.id else a for a in world.attempts)
    running = world.running | {machine} if state is AttemptState.STARTED else world.running - {machine}
    hot = Hot("marlin", Link(port="x")) if state is AttemptState.STARTED else None
    benches = {**world.benches, machine: Bench(bed_clear=False, hot=hot)}
    return replace(world, attempts=attempts, running=running, benches=benches, heats=heats)


WATTS = st.integers(0, 400).map(float)
POWERS = st.builds(
    Power, hotend_w=WATTS, bed_w=WATTS, idle_w=st.integers(0, 20).map(float), holding_share=st.floats(0, 1)
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(powers=st.lists(POWERS, min_size=1, max_size=6), spare_w=st.floats(0, 600), data=st.data())
def test_the_budget_is_never_passed_and_nobody_waits_for_ever(machine, make_lease, powers, spare_w, data):
    named = {f"m{n}": each for n, each in enumerate(powers)}
    least_w = sum(p.idle_w for p in powers) + max(p.hotend_w + p.bed_w for p in powers)
    world = workshop(machine, make_lease, named, least_w + spare_w + 0.01)
    assert power.beyond(world.power_budget_w, named) == {}
    began = []
    for _ in range(20 * len(powers)):
        may = [a.attempt for a in todo(world) if isinstance(a, AskStart)]
        runs = [a for a in world.attempts if a.state is AttemptState.STARTED]
        heating = [a for a in runs if not (world.heats[a.lease.machine].hotend_reached)]
        steps = ["begin"] * bool(may) + ["reach"] * bool(heating) + ["end"] * bool(runs)
        if not steps:
            break
        step = data.draw(st.sampled_from(steps))
        if step == "begin":
            attempt = data.draw(st.sampled_from(may))
            heats = {**world.heats, attempt.lease.machine: Heat()}
            world = after(world, attempt, AttemptState.STARTED, heats)
            began.append(attempt.id)
        elif step == "reach":
            attempt = data.draw(st.sampled_from(heating))
            world = replace(world, heats={**world.heats, attempt.lease.machine: Heat(True, True)})
        else:
            attempt = data.draw(st.sampled_from(runs))
            heats = {name: heat for name, heat in world.heats.items() if name != attempt.lease.machine}
            world = after(world, attempt, AttemptState.FINISHED, heats)
        assert taken_w(world) <= world.power_budget_w + 1e-6
    assert sorted(began) == sorted(f"on-{name}" for name in named)


def test_a_large_one_is_not_held_up_by_small_ones_that_came_after_it(machine, make_lease):
    small, large = Power(bed_w=200), Power(bed_w=700)
    world = workshop(machine, make_lease, {"a": small, "large": large, "b": small}, 800)
    first, second, third = world.attempts
    assert why_waiting(world, first) == ""
    world = after(world, first, AttemptState.STARTED, {"a": Heat()})
    assert "it needs 700 W to heat up, and 200 of 800 W are taken by a" in why_waiting(world, second)
    # 200 W are free, but they are being saved up.
    assert "700 W are kept for large" in why_waiting(world, third)
    world = replace(world, heats={"a": Heat(bed_reached=True)})
    assert why_waiting(world, second) == ""


def test_without_a_budget_nobody_waits(machine, make_lease):
    world = workshop(machine, make_lease, {"a": Power(bed_w=5_000), "b": Power(bed_w=5_000)}, 0)
    assert all(why_waiting(world, attempt) == "" for attempt in world.attempts)
