"""What a hostile commons sends is refused, named and reported, and the workshop stays in working order."""

import hashlib
import itertools
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from firmware_bridge import wire
from firmware_bridge.machine import Programs
from firmware_bridge.wire import AttemptState

NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def attacked(open_shed):
    """A workshop under a standing arm: whatever passed the checks would run at once."""
    with open_shed() as shed:
        shed.profile = shed.machine(arm="policy")
        shed.printer()
        shed.start()
        yield shed


@pytest.fixture
def shed(attacked):
    """The workshop for one attack. After it nothing has moved, and an honest job is done."""
    number, executed = next(NUMBERS), attacked.numbered()
    attacked.attempt = f"attack-{number}"
    yield attacked
    assert attacked.numbered() == executed
    attacked.commons.overrides.clear()
    attacked.offer(attacked.profile, attacked.program(attacked.profile), attempt=f"honest-{number}")
    attacked.commons.reached(f"honest-{number}", AttemptState.FINISHED)
    attacked.commons.refusals.clear()


@pytest.fixture
def profile(shed):
    return shed.profile


@pytest.fixture
def quiet_shed(open_shed):
    """A workshop of its own, whose owner arms by hand."""
    with open_shed() as shed:
        shed.profile = shed.machine()
        shed.printer()
        shed.start()
        yield shed


def refused(shed, attempt=None, state=AttemptState.FAILED):
    """Why; `FAILED` closes the job to this machine, `LAPSED` only gives it back."""
    attempt = attempt or shed.attempt
    shed.commons.reached(attempt, state)
    return shed.commons.reports[attempt].reason


@pytest.mark.parametrize(
    ("changes", "state", "named"),
    [
        ({"machine": "other"}, AttemptState.LAPSED, "no machine 'other'"),
        ({"profile_sha256": "f" * 64}, AttemptState.LAPSED, "plan again"),
        ({"material": "PEEK"}, AttemptState.FAILED, "no material 'PEEK'"),
        ({"program_bytes": wire.PROGRAM_BYTES_MAX + 1}, AttemptState.FAILED, "over the"),
        ({"expires_in_s": -1.0}, AttemptState.LAPSED, "make no sense"),
        ({"program_sha256": "0" * 64}, AttemptState.FAILED, "hash"),
        ({"program_bytes": 500}, AttemptState.FAILED, "longer than the 500 bytes"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value.replace(" ", "-"),
)
def test_a_lie_in_the_lease(shed, profile, changes, state, named):
    shed.offer(profile, shed.program(profile), **changes)
    assert named in refused(shed, state=state)


def test_a_program_for_another_start_block(shed, profile):
    other = msgspec.structs.replace(profile, programs=Programs(start="G28\nM104 S200\nM109 S200", end="M104 S0"))
    data = shed.program(other)
    shed.offer(profile, data)
    assert "start program" in refused(shed)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"G1 X40", b"G1 X999"),
        (b"M82\n", b"M82\nM500\n"),
        (b"M82\n", b"M82\nM302\n"),
        (b"G1 X40", b"G1  X40"),
        (b"M82\n", b"M82 ; hello\n"),
    ],
)
def test_a_program_that_this_gate_would_not_write(shed, profile, right, wrong):
    data = shed.program(profile)
    assert data.count(right) >= 1
    shed.offer(profile, data.replace(right, wrong, 1))
    assert refused(shed).startswith("line ")


def test_a_program_that_changes_after_it_was_leased(shed, profile):
    lease = shed.offer(profile, shed.program(profile))
    changed = shed.commons.programs[shed.attempt].replace(b"X40", b"X41", 1)
    assert len(changed) == lease.program_bytes
    shed.commons.programs[shed.attempt] = changed
    assert hashlib.sha256(changed).hexdigest()[:12] in refused(shed)


def test_a_program_without_end(shed, profile):
    lease = shed.offer(profile, shed.program(profile))

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"G1 X1\n" * 10_000)
        except OSError:
            handler.close_connection = True

    shed.commons.overrides[f"/agent/v1/attempts/{shed.attempt}/program"] = endless
    assert f"longer than the {lease.program_bytes} bytes" in refused(shed)
    assert [p for p in (shed.home / "programs").iterdir() if p.suffix == ".part"] == []


@pytest.mark.parametrize(
    "command",
    [
        b'{"command":"arm","attempt":"a1"}',
        b'{"command":"clear","machine":"virtual"}',
        b'{"command":"gcode","line":"M104 S300"}',
        b'{"command":"withdraw","attempt":"../../../etc/passwd","fence":1,"reason":""}',
        b'{"command":"lease","attempt":"a1"}',
        b"42",
    ],
)
def test_a_command_the_wire_does_not_know_is_refused_by_name_and_the_next_is_obeyed(shed, profile, command):
    shed.commons.profiles.clear()
    shed.commons.once += [command, b'{"command":"need_profile","machine":"virtual"}']
    assert shed.commons.refused(command[:25].decode()).number > 0
    shed.commons.reached_profile("virtual")


@pytest.mark.parametrize("attempt", ["../../../../tmp/evil", "a/b", "", "x" * 65, "a\n"])
def test_a_lease_that_names_a_path(shed, profile, attempt):
    lease = msgspec.structs.replace(shed.lease(profile, b"G28\n"), attempt=attempt)
    shed.commons.once.append(msgspec.json.encode(lease))
    assert "command" in shed.commons.refused("lease").what


def test_two_leases_for_one_machine(quiet_shed):
    commons, profile = quiet_shed.commons, quiet_shed.profile
    quiet_shed.offer(profile, quiet_shed.program(profile), attempt="a1")
    quiet_shed.offer(profile, quiet_shed.program(profile), attempt="a2")
    assert "already holds attempt a1" in refused(quiet_shed, "a2", AttemptState.LAPSED)
    quiet_shed.arm("a1")
    commons.reached("a1", AttemptState.FINISHED)


def test_an_attempt_that_has_run_does_not_run_again(quiet_shed, until):
    commons, profile = quiet_shed.commons, quiet_shed.profile
    lease = quiet_shed.offer(profile, quiet_shed.program(profile), attempt="a1")
    quiet_shed.arm("a1")
    commons.reached("a1", AttemptState.FINISHED)
    until(lambda: quiet_shed.status()["attempts"] == [], "settled")
    executed = quiet_shed.numbered()
    for changed in (lease, msgspec.structs.replace(lease, fence=2)):
        commons.refusals.clear()
        commons.once.append(msgspec.json.encode(changed))
        assert "had this attempt before" in commons.refused("lease a1").reason
    assert quiet_shed.numbered() == executed


def test_a_lease_that_changes_while_it_is_held(quiet_shed, until):
    commons, profile = quiet_shed.commons, quiet_shed.profile
    lease = quiet_shed.offer(profile, quiet_shed.program(profile), attempt="a1")
    until(lambda: "a1 is checked" in quiet_shed.log(), "checked")
    commons.once.append(msgspec.json.encode(lease))  # the same again is no change
    commons.once.append(msgspec.json.encode(msgspec.structs.replace(lease, program_sha256="1" * 64)))
    commons.refused("lease a1")
    assert len(commons.refusals) == 1
    assert quiet_shed.status()["attempts"][0]["program_sha256"] == lease.program_sha256


def test_a_redirect_to_another_host(shed, profile):
    asked = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(dict(self.headers))

        do_GET = do_POST

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    where = f"http://localhost:{server.server_address[1]}"
    shed.commons.override("sync", 307, Location=f"{where}/agent/v1/sync")
    shed.commons.heard_trouble(shed, "redirects to")
    shed.commons.overrides.clear()
    shed.commons.refused(where)
    shed.commons.override(f"attempts/{shed.attempt}/program", 302, Location=f"{where}/program")
    shed.offer(profile, shed.program(profile))
    assert "redirects to" in refused(shed, state=AttemptState.LAPSED)
    server.shutdown()
    server.server_close()
    assert asked == []


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"interval_s":"soon"}', b"\xff\xfe", b"[" * 900_000])
def test_an_answer_that_is_none(shed, profile, body):
    shed.commons.override("sync", 200, body)
    shed.commons.heard_trouble(shed, "SyncAnswer")
    shed.commons.overrides.clear()
    shed.commons.refused("an answer to sync")


DEEP = b"[" * 985 + b"]" * 985
LEASE = b'{"command":"lease","attempt":"deep","x":' + DEEP + b"}"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"interval_s":1,"refusals_seen":-' + b"1" + b"0" * 30 + b"}", "an answer to sync"),
        (b'{"interval_s":1,"refusals_seen":18446744073709551616}', "an answer to sync"),
        (b'{"interval_s":1,"leases":{"printing":1e300}}', "an answer to sync"),
        (b'{"interval_s":1,"commands":[' + LEASE + b"]}", "command"),
    ],
    ids=["negative", "over-64-bits", "endless-lease", "deep"],
)
def test_no_answer_stops_a_running_print(open_shed, until, body, named):
    with open_shed() as shed:
        profile = shed.machine(arm="policy")
        shed.offer(profile, shed.slow_program(profile), attempt="printing")
        shed.printer(speed=20)
        shed.start()
        until(lambda: len(shed.numbered()) > 20, "some lines executed")
        executed = len(shed.numbered())
        shed.commons.override("sync", 200, body)
        until(lambda: [r for r in shed.status()["refusals"] if named in r], "the refusal")
        until(lambda: len(shed.numbered()) > executed + 20, "it goes on")
        shed.commons.overrides.clear()
        shed.commons.refused(named)
        assert shed.bridge.poll() is None
        assert shed.commons.state("printing") is AttemptState.STARTED


def test_an_answer_too_big(shed, profile):
    shed.commons.override("sync", 200, b" " * 2_000_000)
    shed.commons.heard_trouble(shed, "over 1000000 bytes")


def test_a_flood_of_commands_and_leases(shed, profile):
    wrong = [shed.lease(profile, b"x", attempt=f"flood-{n}", machine="other") for n in range(500)]
    shed.commons.once += [msgspec.json.encode(lease) for lease in wrong]
    shed.commons.refused("a flood of commands")
    assert sum(name.startswith("flood") for name in shed.commons.states) <= 9


def test_a_start_that_is_refused(shed, profile):
    shed.commons.override(
        f"attempts/{shed.attempt}/start", 200, b'{"started":false,"reason":"you were \\u001b[31mslow"}'
    )
    shed.offer(profile, shed.program(profile))
    assert refused(shed, state=AttemptState.LAPSED) == "the commons did not let it begin: you were \ufffd[31mslow"


@pytest.mark.parametrize("status", [404, 410])
def test_a_program_that_is_not_given_is_no_verdict_on_it(shed, profile, status):
    shed.commons.override(f"attempts/{shed.attempt}/program", status, b'{"error":"This attempt is over."}')
    shed.offer(profile, shed.program(profile))
    assert "This attempt is over." in refused(shed, state=AttemptState.LAPSED)


def test_an_interval_out_of_bounds(quiet_shed, until):
    commons = quiet_shed.commons
    commons.interval_s = -5.0
    seen = commons.syncs
    until(lambda: commons.syncs > seen + 3, "some syncs")
    assert quiet_shed.status()["trouble"] == ""
