"""A printer behind another computer: what arrives, what is asked of its lines, and how a broken network ends."""

import hashlib
import json
import os
import subprocess
import sys
import threading

import pytest

from firmware_bridge.errors import LinkLost
from firmware_bridge.identity.interview import interview
from firmware_bridge.journal import Journal, journals
from firmware_bridge.machine import MachineProfile
from firmware_bridge.stream import stream
from firmware_bridge.transport.port import open_port
from firmware_bridge.virtual.process import virtual_printer
from firmware_bridge.virtual.record import program_of
from tests.integration.firmware_bridge.transport.servers import PortServer

# pyserial 3.5 starts its reader thread by a call that Python 3.10 deprecated, and leaves a socket that was reset to the
# garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

PROGRAM = ["G28", "G90", *(f"G1 X{i % 100 + 1} Y{i % 90 + 1} F6000" for i in range(300))]


@pytest.fixture(params=["socket", "rfc2217"])
def served(request, tmp_path):
    """A virtual printer whose port is lent out: (the server, what the printer executed)."""
    link, record = tmp_path / "printer", tmp_path / "record.jsonl"
    with (
        virtual_printer(link, "--speed", "0", "--record", str(record)),
        PortServer(link, telnet=request.param == "rfc2217") as server,
    ):
        yield server, record


def test_a_program_goes_through_whole(served, tmp_path):
    server, record = served
    program = tmp_path / "part.gcode"
    program.write_text("\n".join(PROGRAM) + "\n")
    command = [sys.executable, "-m", "firmware_bridge", "stream", str(program), "--port", server.url, "--json"]
    environment = {**os.environ, "FIRMWARE_BRIDGE_HOME": str(tmp_path / "home")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)
    assert sent["lines"] == sent["lines_sent"] == len(PROGRAM)
    assert program_of(record) == (len(PROGRAM), sent["program_sha256"])


def test_a_dropped_connection_ends_the_run_in_a_plain_sentence(served, tmp_path):
    server, _record = served
    program = tmp_path / "part.gcode"
    text = b"G28\n" + b"G1 X1 F6000\nG1 X2\n" * 20_000
    program.write_bytes(text)
    journal = Journal.open(tmp_path, server.url, hashlib.sha256(text).hexdigest())
    port = open_port(server.url, 115_200)
    underway = threading.Event()
    cutter = threading.Thread(target=lambda: (underway.wait(60), server.drop()))
    cutter.start()

    def on_progress(progress):
        if progress.line > 10:
            underway.set()

    try:
        with pytest.raises(LinkLost) as caught:
            stream(program, port, journal, on_progress=on_progress, stop_requested=lambda: None)
    finally:
        underway.set()
        cutter.join()
        port.close()
    said = str(caught.value)
    assert said.startswith(f"the link {server.url} is lost: ")
    assert "check the network" in said
    assert "did not confirm that its heaters" in said
    assert "Errno" not in said
    run = journals.last(tmp_path, server.url)
    assert run.outcome == "failed"
    assert run.acknowledged > 10


def test_a_link_that_was_dropped_raises_when_it_is_read(served):
    server, _record = served
    port = open_port(server.url, 115_200)
    try:
        port.write(b"M105\n")
        said = b""
        while b"ok T:" not in said:
            said += port.read(10.0)
        server.drop()
        with pytest.raises(LinkLost, match="the other end closed the connection; check the network"):
            while True:
                port.read(1.0)
    finally:
        port.close()


def test_a_machine_says_what_it_is_over_the_network_at_any_rate(served):
    server, _record = served
    found = interview(server.url, 0)
    assert (found.port, found.baud) == (server.url, 115_200)
    assert found.identity.machine == "Virtual printer"
    assert MachineProfile.parse(found.profile).link.port == server.url


@pytest.fixture
def lent(tmp_path):
    link = tmp_path / "printer"
    with virtual_printer(link, "--speed", "0"), PortServer(link, telnet=True) as server:
        yield server


def test_opening_a_lent_port_leaves_its_dtr_as_it_stands(lent):
    open_port(lent.url, 250_000).close()
    assert "dtr" not in {name for name, _ in lent.lent.lines}
    assert lent.lent.baudrate == 250_000


def test_a_reset_lowers_and_raises_dtr_while_rts_stays_up(lent):
    open_port(lent.url, 115_200, reset=True).close()
    assert [value for name, value in lent.lent.lines if name == "dtr"] == [False, True]
    assert all(value for name, value in lent.lent.lines if name == "rts")


def test_the_rate_of_a_lent_port_is_set_while_it_is_open(lent):
    port = open_port(lent.url, 115_200)
    try:
        port.set_baud(57_600)
        assert lent.lent.baudrate == 57_600
    finally:
        port.close()
    assert "dtr" not in {name for name, _ in lent.lent.lines}


def test_what_does_not_speak_rfc2217_is_told_from_what_does(tmp_path):
    link = tmp_path / "printer"
    with virtual_printer(link, "--speed", "0"), PortServer(link) as raw:
        url = raw.url.replace("socket", "rfc2217")
        with pytest.raises(LinkLost, match="does not speak RFC 2217"):
            open_port(url, 115_200)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("socket://127.0.0.1:9", "Connection refused"),
        ("rfc2217://127.0.0.1:9", "Connection refused"),
        ("socket://localhost", "write it as socket://host:port"),
        ("socket://nowhere.invalid:9", "not known|failure in name resolution"),
        ("loop://", "the bridge knows socket:// and rfc2217://"),
    ],
)
def test_what_cannot_be_reached_says_why(url, why):
    with pytest.raises(LinkLost, match=f"cannot open the port {url}: .*({why})"):
        open_port(url, 115_200)


def test_a_bare_socket_cannot_reset_a_board():
    with pytest.raises(LinkLost, match="no DTR line"):
        open_port("socket://127.0.0.1:9", 115_200, reset=True)
