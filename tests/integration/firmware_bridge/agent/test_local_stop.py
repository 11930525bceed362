"""Stops at the machine that need neither the network nor the control socket."""

import os
import signal
import subprocess
import sys
from contextlib import closing

import pytest

from firmware_bridge.agent.store import Store
from firmware_bridge.wire import AttemptState


@pytest.mark.parametrize("to_all", [False, True], ids=["bridge", "service"])
def test_sigusr1_stops_every_machine_and_the_bridge_stays(shed, commons, until, to_all):
    """`systemctl kill -s USR1` sends it to the runs as well."""
    for name in ("one", "two"):
        profile = shed.machine(name, arm="policy")
        shed.printer(name, 20)
        shed.offer(profile, shed.slow_program(profile), attempt=f"on-{name}", machine=name)
    shed.start()
    until(lambda: all(len(shed.numbered(name)) > 12 for name in ("one", "two")), "both print")
    commons.down()
    runners = shed.children()
    shed.bridge.send_signal(signal.SIGUSR1)
    for pid in runners if to_all else []:
        subprocess.run(["kill", "-USR1", str(pid)], check=True)
    until(lambda: all(m["state"] != "running" for m in shed.status()["machines"]), "both stopped")
    for name in ("one", "two"):
        said = [row["line"] for row in shed.executed(name) if row.get("n", 0) is None]
        assert {"M104 S0", "M140 S0", "M84"} <= set(said)
    commons.up()
    for name in ("one", "two"):
        commons.reached(f"on-{name}", AttemptState.FAILED)
    assert shed.bridge.poll() is None
    profile = shed.machine("one", arm="policy")
    data = shed.program(profile)
    shed.offer(profile, data, attempt="next", machine="one")
    commons.reached("next", AttemptState.FINISHED)


def test_a_bridge_that_ends_says_so_and_how_its_machines_are_left(shed, commons, until):
    profile = shed.machine("one", arm="policy")
    shed.printer("one", 20)
    shed.machine("two")
    shed.offer(profile, shed.slow_program(profile), attempt="on-one", machine="one")
    shed.start()
    until(lambda: len(shed.numbered("one")) > 12, "it prints")
    before = len(shed.log())
    shed.bridge.send_signal(signal.SIGINT)
    assert shed.bridge.wait(30) == 0
    assert shed.log()[before:].splitlines() == [
        "one is being stopped, for the bridge ends",
        "attempt on-one on one is failed: the bridge was ended at the workshop",
        "one is left free",
        f"two is left offline: there is no port {shed.folder}/two: check its cable, and whether it has power",
        "the bridge has ended",
    ]


def test_a_dropped_terminal_ends_the_bridge_as_safely_though_nobody_reads_its_words(shed, commons, until):
    for name in ("one", "two"):
        profile = shed.machine(name, arm="policy")
        shed.printer(name, 20)
        shed.offer(profile, shed.slow_program(profile), attempt=f"on-{name}", machine=name)
    terminal, line = os.openpty()
    run = [sys.executable, "-m", "firmware_bridge", "run", "--home", str(shed.home)]
    awake = ["env", "--default-signal=HUP"]  # as from a terminal, even where these tests run under nohup
    with subprocess.Popen([*awake, *run], stdin=line, stdout=line, stderr=line, start_new_session=True) as bridge:
        os.close(line)
        try:
            until(lambda: all(len(shed.numbered(name)) > 12 for name in ("one", "two")), "both print")
            os.close(terminal)  # every word from here on is refused
            bridge.send_signal(signal.SIGHUP)
            assert bridge.wait(30) == 0
        finally:
            bridge.kill()
    with closing(Store(shed.home / "bridge.db")) as store:
        ended = [store.attempt(f"on-{name}") for name in ("one", "two")]
    assert [(a.state, a.reason) for a in ended] == [(AttemptState.FAILED, "the bridge was ended at the workshop")] * 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('[stop]\ngpio = "gpiochip99:17"\n', "the stop button at gpiochip99:17 cannot be used: /dev/gpiochip99"),
        ('[stop]\ngpio = "null:17"\n', "the stop button at null:17 cannot be used: /dev/null: Inappropriate ioctl"),
        ("power_budge_w = 5\n", "power_budge_w"),
    ],
)
def test_an_owner_who_asked_for_a_stop_button_must_have_it(shed, settings, words):
    shed.machine()
    (shed.home / "bridge.toml").write_text(settings)
    command = [sys.executable, "-m", "firmware_bridge", "run", "--home", str(shed.home)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert len(ran.stderr.splitlines()) == 1
    assert words in ran.stderr
