"""What a hostile commons sends is refused, named and reported, and the workshop stays in working order."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from firmware_bridge import wire
from firmware_bridge.machine import Programs
from firmware_bridge.wire import AttemptState


@pytest.fixture
def profile(shed):
    """A machine under a standing arm: whatever passed the checks would run at once."""
    profile = shed.machine(arm="policy")
    shed.printer()
    shed.start()
    return profile


@pytest.fixture
def still_good(shed, commons, profile):
    """After the attack nothing has moved, and an honest job is done."""
    yield
    assert shed.numbered() == []
    commons.overrides.clear()
    shed.offer(profile, shed.program(profile), attempt="honest")
    commons.reached("honest", AttemptState.FINISHED)


def refused(commons, attempt="a1"):
    commons.reached(attempt, AttemptState.FAILED)
    return commons.reports[attempt].reason


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"machine": "other"}, "no machine 'other'"),
        ({"profile_sha256": "f" * 64}, "plan again"),
        ({"material": "PEEK"}, "no material 'PEEK'"),
        ({"program_bytes": wire.PROGRAM_BYTES_MAX + 1}, "over the"),
        ({"expires_in_s": -1.0}, "make no sense"),
        ({"program_sha256": "0" * 64}, "hash"),
        ({"program_bytes": 500}, "longer than the 500 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_lie_in_the_lease(shed, commons, profile, still_good, changes, named):
    shed.offer(profile, shed.program(profile), **changes)
    assert named in refused(commons)


def test_a_program_for_another_start_block(shed, commons, profile, still_good):
    other = msgspec.structs.replace(profile, programs=Programs(start="G28\nM104 S200\nM109 S200", end="M104 S0"))
    data = shed.program(other)
    shed.offer(profile, data)
    assert "start program" in refused(commons)


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
def test_a_program_that_this_gate_would_not_write(shed, commons, profile, still_good, right, wrong):
    data = shed.program(profile)
    assert data.count(right) >= 1
    shed.offer(profile, data.replace(right, wrong, 1))
    assert refused(commons).startswith("line ")


def test_a_program_that_changes_after_it_was_leased(shed, commons, profile, still_good):
    lease = shed.offer(profile, shed.program(profile))
    changed = commons.programs["a1"].replace(b"X40", b"X41", 1)
    assert len(changed) == lease.program_bytes
    commons.programs["a1"] = changed
    assert hashlib.sha256(changed).hexdigest()[:12] in refused(commons)


def test_a_program_without_end(shed, commons, profile, still_good):
    lease = shed.offer(profile, shed.program(profile))

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"G1 X1\n" * 10_000)
        except OSError:
            handler.close_connection = True

    commons.overrides["/agent/v1/attempts/a1/program"] = endless
    assert f"longer than the {lease.program_bytes} bytes" in refused(commons)
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
def test_a_command_the_wire_does_not_know_is_refused_by_name_and_the_next_is_obeyed(
    shed, commons, profile, still_good, command
):
    commons.profiles.clear()
    commons.once += [command, b'{"command":"need_profile","machine":"virtual"}']
    assert commons.refused(command[:25].decode()).number > 0
    commons.reached_profile("virtual")


@pytest.mark.parametrize("attempt", ["../../../../tmp/evil", "a/b", "", "x" * 65, "a\n"])
def test_a_lease_that_names_a_path(shed, commons, profile, still_good, attempt):
    lease = msgspec.structs.replace(shed.lease(profile, b"G28\n"), attempt=attempt)
    commons.once.append(msgspec.json.encode(lease))
    assert "command" in commons.refused("lease").what


def test_two_leases_for_one_machine(shed, commons, until):
    profile = shed.machine()
    shed.printer()
    shed.start()
    shed.offer(profile, shed.program(profile))
    shed.offer(profile, shed.program(profile), attempt="a2")
    assert "already holds attempt a1" in refused(commons, "a2")
    shed.arm()
    commons.reached("a1", AttemptState.FINISHED)


def test_an_attempt_that_has_run_does_not_run_again(shed, commons, profile, until):
    data = shed.program(profile)
    lease = shed.offer(profile, data)
    commons.reached("a1", AttemptState.FINISHED)
    until(lambda: shed.status()["attempts"] == [], "settled")
    executed = shed.numbered()
    for changed in (lease, msgspec.structs.replace(lease, fence=2)):
        commons.once.append(msgspec.json.encode(changed))
        commons.refusals.clear()
        assert "had this attempt before" in commons.refused("lease a1").reason
    assert shed.numbered() == executed


def test_a_lease_that_changes_while_it_is_held(shed, commons, until):
    profile = shed.machine()
    shed.printer()
    shed.start()
    lease = shed.offer(profile, shed.program(profile))
    until(lambda: "a1 is checked" in shed.log(), "checked")
    commons.once.append(msgspec.json.encode(lease))  # the same again is no change
    commons.once.append(msgspec.json.encode(msgspec.structs.replace(lease, program_sha256="1" * 64)))
    commons.refused("lease a1")
    assert len(commons.refusals) == 1
    assert shed.status()["attempts"][0]["program_sha256"] == lease.program_sha256


def test_a_redirect_to_another_host(shed, commons, profile, still_good):
    asked = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(dict(self.headers))

        do_GET = do_POST

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    where = f"http://localhost:{server.server_address[1]}"
    commons.override("sync", 307, Location=f"{where}/agent/v1/sync")
    commons.heard_trouble(shed, "redirects to")
    commons.overrides.clear()
    commons.refused(where)
    commons.override("attempts/a1/program", 302, Location=f"{where}/program")
    shed.offer(profile, shed.program(profile))
    assert "redirects to" in refused(commons)
    server.shutdown()
    server.server_close()
    assert asked == []


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"interval_s":"soon"}', b"\xff\xfe", b"[" * 900_000])
def test_an_answer_that_is_none(shed, commons, profile, still_good, body):
    commons.override("sync", 200, body)
    commons.heard_trouble(shed, "SyncAnswer")
    commons.overrides.clear()
    commons.refused("an answer to sync")


def test_an_answer_too_big(shed, commons, profile, still_good):
    commons.override("sync", 200, b" " * 2_000_000)
    commons.heard_trouble(shed, "over 1000000 bytes")


def test_a_flood_of_commands_and_leases(shed, commons, profile, still_good):
    wrong = [shed.lease(profile, b"x", attempt=f"flood-{n}", machine="other") for n in range(500)]
    commons.once += [msgspec.json.encode(lease) for lease in wrong]
    commons.refused("a flood of commands")
    assert sum(name.startswith("flood") for name in commons.states) <= 64


def test_a_start_that_is_refused(shed, commons, profile, still_good):
    commons.override("attempts/a1/start", 200, b'{"started":false,"reason":"you were \\u001b[31mslow"}')
    shed.offer(profile, shed.program(profile))
    assert refused(commons) == "the commons did not let it begin: you were \ufffd[31mslow"


def test_an_interval_out_of_bounds(shed, commons, profile, until):
    commons.interval_s = -5.0
    seen = commons.syncs
    until(lambda: commons.syncs > seen + 3, "some syncs")
    assert shed.status()["trouble"] == ""
