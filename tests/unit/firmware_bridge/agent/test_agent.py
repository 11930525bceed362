"""A bridge that begins and one that ends: what it says, and what it waits for."""

import select
import sys
from dataclasses import replace

import msgspec
import pytest

from firmware_bridge.agent.agent import SWITCH_OFF_WITHIN_S, Agent
from firmware_bridge.agent.client import CommonsClient
from firmware_bridge.agent.desk import Desk
from firmware_bridge.agent.errands import Errands
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.rules.world import Attempt, Bench, Hot
from firmware_bridge.agent.runs.process import STOP_WITHIN_S, Run, SwitchOff
from firmware_bridge.agent.store import Store
from firmware_bridge.machine import Link
from firmware_bridge.wire import AttemptState

WORK = SwitchOff(firmware="marlin", link=Link(port="/dev/null"), claimed=(), found="", lock="")
HOT = Hot("marlin", Link(port="/dev/null"))
AT_WORK = [sys.executable, "-c", "import sys; sys.stdin.read()"]


@pytest.fixture
def desk(tmp_path, machine, clock):
    home = Home(tmp_path / "home")
    home.prepare()
    store, errands = Store(home.database), Errands()
    yield Desk(home, CommonsClient("http://127.0.0.1:1"), {"ender": machine}, store, errands, clock=clock)
    errands.close()
    store.close()


def test_a_bridge_that_ends_waits_a_while_for_what_switches_a_machine_off(desk, clock):
    agent = Agent(desk)
    run = desk.runs["ender"] = Run("ender", None, WORK, command=AT_WORK)
    agent.end()
    assert agent.awaited() == [run]
    assert run.stopping_since is None
    clock.now += SWITCH_OFF_WITHIN_S
    agent.end()  # asked again, it waits no longer
    assert agent.awaited() == []
    run.stop("the test is over", 0.0)
    run.enforce(STOP_WITHIN_S + 1)
    while run.read() is None:
        assert select.select([run], [], [], 30)[0]


def test_what_had_ended_before_a_bridge_began_is_no_news_to_it(desk, make_lease, capsys):
    desk.store.put(Attempt(make_lease(), AttemptState.FINISHED))
    desk.store.put(Attempt(make_lease(attempt="a2"), AttemptState.ARMED))
    desk.store.begin(Attempt(make_lease(attempt="a3")), HOT)
    Agent(desk)
    assert capsys.readouterr().err.splitlines() == [
        "attempt a2 on ender is leased",
        "attempt a3 on ender is lost: the bridge was cut off before it sent the first line",
    ]


def test_how_each_machine_is_left_is_told(desk, machine, make_lease):
    hosted = msgspec.structs.replace(machine.profile, link=Link(host="octoprint", url="http://127.0.0.1:1"))
    desk.machines = {
        "ender": machine,
        "cnc": replace(machine, id="cnc"),
        "hot": replace(machine, id="hot"),
        "held": replace(machine, id="held"),
        "pi": replace(machine, id="pi", profile=hosted),
    }
    agent = Agent(desk)
    desk.store.set_bench("ender", Bench(bed_clear=True))
    desk.store.set_bench("hot", Bench(hot=HOT))
    desk.unsafe["hot"] = "the port is busy"
    desk.store.put(Attempt(make_lease(machine="held")))
    desk.store.begin(Attempt(make_lease(attempt="a2", machine="pi")), HOT)
    assert agent.left() == [
        "ender is left free",
        "cnc is left waiting for clear",
        "hot is left offline: it may still be hot since its last run, look at it: the port is busy",
        "held is left holding: what it holds cannot begin before a bridge runs again",
        "pi is left running: its host goes on, and the next bridge looks for it there",
    ]
