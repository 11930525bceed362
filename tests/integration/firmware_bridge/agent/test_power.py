"""Two printers on one fuse."""

from firmware_bridge.machine import Power
from firmware_bridge.wire import AttemptState

POWER = Power(hotend_w=40, bed_w=200, idle_w=10)


def row(shed, kind, **wanted):
    return next(row for row in shed.status()[kind] if wanted.items() <= row.items())


def test_the_second_printer_heats_up_when_the_first_has_reached_its_temperature(shed, commons, until):
    (shed.home / "bridge.toml").write_text("power_budget_w = 360\n")
    for name in ("one", "two"):
        profile = shed.machine(name, arm="policy", power=POWER)
        shed.printer(name, 20)
        shed.offer(profile, shed.slow_program(profile), attempt=f"on-{name}", machine=name)
    shed.start()
    until(
        lambda: (
            "power: it needs 240 W to heat up, and 260 of 360 W are taken by one"
            in str(row(shed, "attempts", attempt="on-two")["waits_for"])
        ),
        "the second waits for power",
    )
    commons.reached("on-two", AttemptState.STARTED)
    first = row(shed, "attempts", attempt="on-one")
    assert first["state"] == "started"
    assert first["hotend_c"] >= 202
    assert first["bed_c"] >= 57


def test_a_machine_over_the_whole_budget_is_left_out_and_named(shed):
    (shed.home / "bridge.toml").write_text("power_budget_w = 400\n")
    shed.machine("one", power=POWER)
    shed.machine("oven", power=Power(bed_w=2_000))
    shed.start()
    assert "2000 W" in shed.status()["left_out"]["oven"]
    assert [m["machine"] for m in shed.status()["machines"]] == ["one"]
