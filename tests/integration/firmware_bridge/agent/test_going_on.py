"""A router's program that waits for a person: who is told, and how it goes on from the bridge."""

from firmware_bridge.machine import Link, Material, Programs, Volume
from firmware_bridge.wire import AttemptState

BODY = ["G21", "G90", "G0 Z10", "M3 S1000", "G4 P0.1", "G1 X10 Y10 F600", "M0", "G1 X20 Y10 F600", "M5"]


def test_a_program_that_waits_at_m0_says_so_and_goes_on_when_told(shed, commons, until):
    profile = shed.machine(
        process="milling",
        firmware="grbl",
        materials=(Material(name="PLA", hotend_c=0),),
        programs=Programs(),
        volume=Volume(x_mm=300, y_mm=180, z_mm=45),
        link=Link(port=str(shed.folder / "virtual"), baud=115_200),
        arm="policy",
    )
    command = ["virtual", "grbl", "--link", str(shed.folder / "virtual"), "--speed", "20"]
    shed._ready(command, "ready: ")
    shed.offer(profile, shed.program(profile, BODY))
    shed.start()
    until(lambda: shed.status()["machines"][0]["may_go_on"], "the program to wait")
    assert "waits for you (M0)" in shed.status()["machines"][0]["trouble"]
    told = shed.ask("status").stdout
    assert f"at the machine goes on, or here: firmware-bridge resume --home {shed.home} virtual" in told
    assert ", paused" in told
    assert "resume it there" not in told
    told = shed.ask("resume", "virtual")
    assert (told.returncode, told.stdout) == (0, "virtual goes on\n")
    commons.reached("a1", AttemptState.FINISHED)
    refused = shed.ask("resume", "virtual")
    assert refused.returncode == 2
    assert "virtual is not held" in refused.stderr
