"""A bridge that ends, and what it waits for."""

import select
import sys

import pytest

from firmware_bridge.agent.agent import SWITCH_OFF_WITHIN_S, Agent
from firmware_bridge.agent.client import CommonsClient
from firmware_bridge.agent.desk import Desk
from firmware_bridge.agent.errands import Errands
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.runs.process import STOP_WITHIN_S, Run, SwitchOff
from firmware_bridge.agent.store import Store
from firmware_bridge.machine import Link

WORK = SwitchOff(firmware="marlin", link=Link(port="/dev/null"), claimed=(), found="", lock="")
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
