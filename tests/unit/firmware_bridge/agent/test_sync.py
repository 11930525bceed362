"""What a commons may say in one answer, and what of it costs the bridge."""

import json
import select

import msgspec
import pytest

from firmware_bridge import wire
from firmware_bridge.agent.client import CommonsClient
from firmware_bridge.agent.desk import SYNC, Desk
from firmware_bridge.agent.errands import Errands
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.rules.world import Attempt, Bench
from firmware_bridge.agent.store import Store
from firmware_bridge.agent.sync import Sync
from firmware_bridge.wire import AttemptState


class Answering(CommonsClient):
    """A commons that answers with what it was given."""

    answer = wire.SyncAnswer(interval_s=1)
    heard = None

    def sync(self, request):
        self.heard = request
        return self.answer


class CountingDesk(Desk):
    worlds = 0

    def world(self):
        self.worlds += 1
        return super().world()


@pytest.fixture
def desk(tmp_path, machine):
    home = Home(tmp_path / "home")
    home.prepare()
    store, errands = Store(home.database), Errands()
    yield CountingDesk(home, Answering("http://127.0.0.1:1"), {"ender": machine}, store, errands)
    errands.close()
    store.close()


def exchange(desk, **answer):
    desk.client.answer = wire.SyncAnswer(interval_s=1, **answer)
    Sync(desk).send()
    desk.worlds = 0
    while not desk.errands.may_go(SYNC):
        select.select([desk.errands], [], [], 10)
        desk.errands.collect()


def raw(*commands):
    return [msgspec.Raw(msgspec.json.encode(command)) for command in commands]


def test_the_longest_answer_is_read_at_the_cost_of_one(desk, make_lease):
    ended = [desk.store.put(Attempt(make_lease(attempt=f"e{n}"), AttemptState.LAPSED)) for n in range(200)]
    said = []
    desk.store._db.set_trace_callback(said.append)
    exchange(
        desk,
        settled=[attempt.id for attempt in ended],
        commands=raw(*(make_lease(attempt=f"a{n}", machine="other") for n in range(64))),
    )
    assert desk.worlds == 1
    assert said.count("COMMIT") == 1
    assert len([one for one in said if "ORDER BY rowid DESC" in one]) == 1  # of the tidying up
    left = [attempt.id for attempt in desk.store.open_attempts()]
    assert left == [f"a{n}" for n in range(9)]
    assert desk.store.refusals()[0].what == "a flood of commands"


def test_what_one_command_changes_the_next_one_finds_so(desk, make_lease):
    desk.store.put(Attempt(make_lease()))
    desk.store.set_bench("ender", Bench(bed_clear=True))
    second, third = make_lease(attempt="a2"), make_lease(attempt="a3")
    exchange(desk, commands=raw(wire.Withdraw(attempt="a1", fence=3, reason=""), second, third))
    states = {attempt.id: attempt.state for attempt in desk.store.open_attempts()}
    assert states == {"a1": AttemptState.LAPSED, "a2": AttemptState.LEASED, "a3": AttemptState.LAPSED}


def test_of_a_lease_that_is_refused_little_is_kept_and_the_same_again_is_known(desk, make_lease):
    long = "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 2_000
    lease = make_lease(machine="other", title=long, ordered_by=long, material=long)
    for _ in range(2):
        exchange(desk, commands=raw(lease))
    (attempt,) = desk.store.open_attempts()
    assert len(msgspec.json.encode(attempt.lease)) < 1_500
    assert desk.store.refusals() == []
    exchange(desk, commands=raw(make_lease(machine="another", title=long, ordered_by=long, material=long)))
    assert desk.store.refusals()[0].what == "lease a1"


def test_what_is_left_out_is_told_apart_from_what_is_gone(desk):
    desk.left_out = {"old": "its port is already that of ender", "my printer": "its file name may hold letters only"}
    exchange(desk)
    assert [report.machine for report in desk.client.heard.machines] == ["ender"]
    assert desk.client.heard.left_out == ["old"]  # the other one can never have been published


def test_that_nothing_is_left_out_is_said_too(desk):
    """A bridge that knows nothing of it leaves it out of its message, and none of its machines counts as gone."""
    exchange(desk)
    assert json.loads(msgspec.json.encode(desk.client.heard))["left_out"] == []
