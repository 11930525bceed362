"""A print that its host goes on with while no process of the bridge watches it."""

from dataclasses import replace

import msgspec
import pytest

from firmware_bridge.agent.client import CommonsClient
from firmware_bridge.agent.desk import Desk
from firmware_bridge.agent.errands import Errands
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import control, requests
from firmware_bridge.agent.rules.steps import MakeSafe, Rejoin, todo
from firmware_bridge.agent.rules.world import Attempt, Hot, machine_state
from firmware_bridge.agent.store import Store
from firmware_bridge.machine import Link
from firmware_bridge.wire import AttemptState, MachineState

LINK = Link(host="octoprint", url="http://octopi.local", key="k")
HOT = Hot("marlin", LINK)


@pytest.fixture
def desk(tmp_path, machine, make_lease):
    home = Home(tmp_path / "home")
    home.prepare()
    store, errands = Store(home.database), Errands()
    hosted = replace(machine, profile=msgspec.structs.replace(machine.profile, link=LINK))
    desk = Desk(home, CommonsClient("http://127.0.0.1:1"), {"ender": hosted}, store, errands)
    store.begin(store.put(Attempt(make_lease(), AttemptState.ARMED, checked=True)), HOT)
    yield desk
    errands.close()
    store.close()


def test_it_is_looked_for_and_not_switched_off(desk):
    assert todo(desk.world()) == [Rejoin(desk.store.attempt("a1"))]


def test_a_stop_ends_it_through_the_host(desk):
    """Nobody is there to be told: the attempt has failed, and its machine is made safe, which cancels what is ours."""
    answer = requests.answer(desk, control.AskStop())
    assert "being stopped at its host" in answer.said
    assert desk.store.attempt("a1").state is AttemptState.FAILED
    assert todo(desk.world()) == [MakeSafe("ender", HOT)]
    assert not desk.store.benches()["ender"].bed_clear


def test_it_is_there_only_when_its_host_says_so(desk):
    assert desk.world().present == frozenset()
    desk.hosts["ender"] = ""
    assert desk.world().present == {"ender"}
    desk.hosts["ender"] = "is busy with vase.gcode"
    assert machine_state(replace(desk.world(), attempts=()), "ender") is MachineState.OFFLINE
    status = requests.answer(desk, control.AskStatus()).status
    assert (status.machines[0].trouble, status.machines[0].port) == ("is busy with vase.gcode", "http://octopi.local")
