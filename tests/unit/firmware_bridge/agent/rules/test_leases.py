"""Which leases and programs are taken."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import wire
from firmware_bridge.agent.rules.leases import CommandRefused, lease_problem, read_command, upload_problem
from firmware_bridge.agent.rules.world import Attempt, Bench, Hot
from firmware_bridge.machine import Link
from firmware_bridge.text import brief
from firmware_bridge.wire import AttemptState

HOT = Hot("marlin", Link(port="/dev/null"))


def test_a_good_lease_has_no_problem(world, make_lease):
    assert lease_problem(world, make_lease()) is None


@pytest.mark.parametrize(
    ("changes", "state", "named"),
    [
        ({"machine": "prusa"}, AttemptState.LAPSED, "no machine 'prusa'"),
        ({"profile_sha256": "f" * 64}, AttemptState.LAPSED, "plan again"),
        ({"material": "PETG"}, AttemptState.FAILED, "no material 'PETG'"),
        ({"program_bytes": wire.PROGRAM_BYTES_MAX + 1}, AttemptState.FAILED, "over the"),
        ({"expires_in_s": 1e300}, AttemptState.LAPSED, "make no sense"),
        ({"estimate_s": -1.0}, AttemptState.LAPSED, "make no sense"),
    ],
)
def test_a_wrong_lease_is_refused_or_given_back_by_name(world, make_lease, changes, state, named):
    problem = lease_problem(world, make_lease(**changes))
    assert problem.state is state
    assert named in problem.reason


@pytest.mark.parametrize("state", [AttemptState.LEASED, AttemptState.ARMED, AttemptState.STARTED])
def test_a_machine_holds_one_attempt(world, make_lease, state):
    held = replace(world, attempts=(Attempt(make_lease(attempt="first"), state),))
    problem = lease_problem(held, make_lease())
    assert problem.state is AttemptState.LAPSED
    assert "already holds attempt first" in problem.reason


@pytest.mark.parametrize(
    ("bench", "named"), [(Bench(bed_clear=False), "bed"), (Bench(bed_clear=True, hot=HOT), "made safe")]
)
def test_a_bed_not_cleared_or_a_hot_machine_takes_no_lease(world, make_lease, bench, named):
    problem = lease_problem(replace(world, benches={"ender": bench}), make_lease())
    assert problem.state is AttemptState.LAPSED
    assert named in problem.reason


def test_a_flood_of_what_nobody_settles_takes_no_more(world, machine, make_lease):
    ended = tuple(Attempt(make_lease(attempt=f"a{n}"), AttemptState.LOST) for n in range(256))
    assert upload_problem(world, "ender", machine.sha256) == ""
    assert "256 attempts" in upload_problem(replace(world, attempts=ended), "ender", machine.sha256)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"command":"explode","machine":"ender"}',
        b'{"command":"arm","attempt":"a1"}',
        b'{"command":"withdraw","attempt":"../../etc/passwd","fence":1,"reason":""}',
        b'{"command":"lease"}',
        b"[1,2]",
        b'"\xff"',
        b'{"command":"withdraw","attempt":"a","fence":-1,"reason":""}',
        b'{"command":"withdraw","attempt":"a","fence":18446744073709551616,"reason":""}',
        b'{"command":"withdraw","attempt":"a","fence":1,"reason":"","x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    ],
)
def test_an_unknown_or_malformed_command_is_refused_by_name(raw):
    with pytest.raises(CommandRefused) as caught:
        read_command(raw)
    assert raw[:20].decode("utf-8", "replace") in caught.value.what


def test_commands_are_read(make_lease):
    assert read_command(msgspec.json.encode(make_lease())) == make_lease()


@given(st.text())
def test_a_strangers_text_is_safe_and_short(text):
    shown = brief(text, 50)
    assert len(shown) <= 50
    assert shown.isprintable()
