"""From a lease to a finished attempt, through real processes."""

import stat

import pytest

from firmware_bridge.machine import StandingArm
from firmware_bridge.wire import AttemptState, MachineState


def bytes_of(lines):
    return "".join(f"{line}\n" for line in lines).encode()


def test_a_lease_is_checked_armed_run_and_reported(shed, commons, until):
    profile = shed.machine()
    data = shed.program(profile)
    lease = shed.offer(profile, data)
    shed.printer()
    shed.start()
    commons.reached("a1", AttemptState.LEASED)
    assert commons.profiles["virtual"] == profile.published()
    until(lambda: "is checked" in shed.log(), "checked")
    assert shed.status()["attempts"][0]["waits_for"] == "arming: firmware-bridge arm a1"
    assert commons.machines["virtual"].state is MachineState.HOLDING
    assert (shed.numbered(), commons.started) == ([], [])

    shown = shed.ask("arm")
    for part in ("a1", "a knob", "ada", "virtual", "PLA", "1 min", lease.program_sha256[:12]):
        assert part in shown.stdout
    commons.reached("a1", AttemptState.FINISHED)
    assert bytes_of(shed.numbered()) == data
    assert commons.started == ["a1"]
    assert commons.reports["a1"].program_sha256 == lease.program_sha256

    until(lambda: shed.status()["attempts"] == [], "settled")
    until(lambda: commons.machines["virtual"].state is MachineState.FREE, "free again: a virtual bed clears itself")
    assert list((shed.home / "programs").iterdir()) == []


def test_a_standing_arm_needs_nobody(shed, commons):
    profile = shed.machine(arm="policy")
    data = shed.program(profile)
    shed.offer(profile, data)
    shed.printer()
    shed.start()
    commons.reached("a1", AttemptState.FINISHED)
    assert bytes_of(shed.numbered()) == data


def test_a_standing_arm_for_others_arms_nothing(shed, commons, until):
    profile = shed.machine(arm="policy", arm_policy=StandingArm(people=("bob",)))
    shed.offer(profile, shed.program(profile))
    shed.printer()
    shed.start()
    until(lambda: "is checked" in shed.log(), "checked")
    seen = commons.syncs
    until(lambda: commons.syncs > seen + 3, "some more syncs")
    assert commons.states["a1"] == [AttemptState.LEASED]


def test_a_real_bed_is_cleared_by_a_person_once_a_run(shed, commons, until):
    profile = shed.machine(virtual=False, arm="policy")
    shed.printer()
    shed.start()
    until(lambda: "virtual" in commons.machines, "the machine")
    assert commons.machines["virtual"].state is MachineState.WAITING_FOR_CLEAR
    shed.offer(profile, shed.program(profile))
    commons.reached("a1", AttemptState.LAPSED)
    assert "bed" in commons.reports["a1"].reason

    assert shed.ask("clear", "virtual").returncode == 0
    shed.offer(profile, shed.program(profile), attempt="a2")
    commons.reached("a2", AttemptState.FINISHED)
    until(lambda: commons.machines["virtual"].state is MachineState.WAITING_FOR_CLEAR, "waiting for clear again")


def test_the_control_socket_is_the_owners_alone(shed, commons):
    shed.machine()
    shed.printer()
    shed.start()
    assert stat.S_IMODE((shed.home / "control.sock").stat().st_mode) == 0o600


def test_a_wrong_profile_is_left_out_by_name_and_the_others_run(shed, commons, until):
    shed.machine()
    shed.machine("hot", materials=({"name": "PLA", "hotend_c": 499.0},))
    (shed.home / "machines" / "broken.toml").write_text('name = "x"\nspeed = 3\n')
    (shed.home / "machines" / "router.toml").write_text('name = "r"\nfirmware = "grbl"\n')
    shed.printer()
    shed.start()
    until(lambda: "virtual" in commons.machines, "the machine")
    assert set(commons.machines) == {"virtual"}
    left_out = shed.status()["left_out"]
    assert set(left_out) == {"hot", "broken", "router"}
    assert "speed" in left_out["broken"]


def test_a_commons_that_forgot_the_profile_gets_it_again(shed, commons, until):
    shed.machine()
    shed.printer()
    shed.start()
    until(lambda: commons.profiles, "the profile")
    commons.profiles.clear()
    until(lambda: commons.profiles, "the profile again")


def test_two_machines_do_not_wait_for_each_other(shed, commons, until):
    slow, quick = shed.machine(arm="policy"), shed.machine("second", arm="policy", name="Second")
    shed.offer(slow, shed.slow_program(slow))
    shed.printer(speed=20)
    shed.printer("second")
    shed.start()
    commons.reached("a1", AttemptState.STARTED)
    shed.offer(quick, shed.program(quick), attempt="a2", machine="second")
    commons.reached("a2", AttemptState.FINISHED)
    assert commons.state("a1") is AttemptState.STARTED


def test_two_bridges_do_not_share_a_home(shed, commons):
    shed.machine()
    shed.printer()
    shed.start()
    second = shed.ask("run")
    assert second.returncode != 0
    assert "already running" in second.stderr


@pytest.mark.parametrize("command", [["status"], ["arm"], ["stop"], ["clear", "virtual"]])
def test_without_a_bridge_the_commands_say_so(shed, command):
    done = shed.ask(*command)
    assert done.returncode != 0
    assert "no bridge is running" in done.stderr


def test_an_unpaired_bridge_says_what_to_do(shed):
    (shed.home / "commons.toml").unlink()
    done = shed.ask("run")
    assert done.returncode != 0
    assert "firmware-bridge pair" in done.stderr


def test_a_machine_whose_file_is_gone_is_published_no_more(shed, commons, until):
    for name in ("virtual", "second", "third"):
        shed.machine(name)
    shed.start()
    until(lambda: commons.listed == (["second", "third", "virtual"], []), "all three")
    shed.kill()
    (shed.home / "machines" / "second.toml").unlink()
    (shed.home / "machines" / "third.toml").write_text("volume = 3")
    shed.start()
    until(lambda: commons.listed == (["virtual"], ["third"]), "one, and one that cannot be used")
