import hashlib

import pytest

from firmware_bridge import hosts
from firmware_bridge.errors import HostRefused
from firmware_bridge.hosts.host import Fate, Phase
from firmware_bridge.machine import Link

NAME = "commons-a1-18f0c.gcode"
STATUS, JOB = "GET /api/v1/status", "GET /api/v1/job"
STORAGE = {"GET /api/v1/storage": (200, "prusalink_storage.json")}
FILE = f"/api/v1/files/usb/{NAME}"


@pytest.fixture
def prusalink(replay):
    def opened(answers):
        server = replay(answers)
        return hosts.open_host(Link(host="prusalink", url=server.url, key="s3cret")), server

    return opened


def test_it_says_what_it_is_and_hears_the_key(prusalink):
    host, server = prusalink({"GET /api/version": (200, "prusalink_version.json")})
    assert host.identify() == "PrusaLink"
    assert server.headers[0]["X-Api-Key"] == "s3cret"


def test_printing(prusalink):
    host, _ = prusalink({STATUS: (200, "prusalink_status_printing.json"), JOB: (200, "prusalink_job.json")})
    seen = host.look()
    assert (seen.phase, seen.job, seen.done, seen.remaining_s) == (Phase.WORKING, NAME, 0.42, 520)
    assert (seen.heat.hotend_target_c, seen.heat.bed_target_c) == (215.0, 60.0)


def test_a_share_or_time_that_it_does_not_know_hides_nothing_else(prusalink):
    odd = b'{"printer": {"state": "PRINTING"}, "job": {"id": 420, "progress": 255, "time_remaining": -1}}'
    host, _ = prusalink({STATUS: (200, odd), JOB: (200, "prusalink_job.json")})
    assert (host.look().phase, host.look().job) == (Phase.WORKING, NAME)
    none = b'{"printer": {"state": "IDLE"}, "job": null, "camera": null, "storage": []}'
    host, _ = prusalink({STATUS: (200, none), JOB: (204, b"")})
    assert host.look().phase is Phase.IDLE


def test_idle_without_a_job(prusalink):
    host, _ = prusalink({STATUS: (200, "prusalink_status_idle.json"), JOB: (204, b"")})
    seen = host.look()
    assert (seen.phase, seen.job, seen.cold) == (Phase.IDLE, "", True)
    assert host.fate(NAME) is None


@pytest.mark.parametrize(
    ("state", "phase", "fate"),
    [
        ("finished", Phase.IDLE, Fate.FINISHED),
        ("busy", Phase.WORKING, None),
        ("printing", Phase.WORKING, None),
        ("attention", Phase.PAUSED, None),
    ],
)
def test_the_printers_state_decides_not_the_jobs(prusalink, state, phase, fate):
    """The firmware calls a job that is being ended ERROR."""
    host, _ = prusalink({STATUS: (200, f"prusalink_status_{state}.json"), JOB: (200, "prusalink_job.json")})
    assert host.look().phase is phase
    assert host.fate(NAME) is fate
    assert host.fate("commons-a0-18f00.gcode") is None


def test_attention_says_where_to_look(prusalink):
    host, _ = prusalink({STATUS: (200, "prusalink_status_attention.json"), JOB: (200, "prusalink_job.json")})
    assert "look at its screen" in host.look().says


def test_an_upload_is_put_and_read_back(prusalink, tmp_path):
    program = tmp_path / "p"
    program.write_bytes(b"G28\nG1 X12\n")
    sha256 = hashlib.sha256(program.read_bytes()).hexdigest()
    answers = STORAGE | {f"PUT {FILE}": (201, b""), f"GET {FILE}": (200, "prusalink_file.json")}
    host, server = prusalink(answers | {"GET /usb/COMMON~1.GCO": (200, program.read_bytes())})
    host.upload(NAME, program, sha256, lambda: None)
    assert server.bodies[f"PUT {FILE}"] == program.read_bytes()
    sent = server.headers[server.asked.index(f"PUT {FILE}")]
    assert (sent["Print-After-Upload"], sent["Overwrite"], sent["Content-Length"]) == ("?0", "?0", "11")

    host, _ = prusalink(answers | {"GET /usb/COMMON~1.GCO": (200, b"G28\n")})
    with pytest.raises(HostRefused, match="stored another program"):
        host.upload(NAME, program, sha256, lambda: None)


def test_a_printer_without_a_drive_says_so(prusalink):
    host, _ = prusalink({"GET /api/v1/storage": (200, "prusalink_storage_none.json")})
    with pytest.raises(HostRefused, match="USB drive"):
        host.start(NAME)


def test_start_and_cancel(prusalink):
    answers = STORAGE | {f"POST {FILE}": (204, b""), JOB: (200, "prusalink_job.json")}
    host, server = prusalink(answers | {"DELETE /api/v1/job/420": (204, b"")})
    host.start(NAME)
    host.cancel()
    assert (server.asked[1], server.asked[-1]) == (f"POST {FILE}", "DELETE /api/v1/job/420")


def test_its_words_are_kept(prusalink):
    host, _ = prusalink(STORAGE | {f"POST {FILE}": (409, "prusalink_409.json")})
    with pytest.raises(HostRefused, match="File already exists"):
        host.start(NAME)


def test_heaters_off_is_asked_where_there_is_a_way_to(prusalink):
    host, server = prusalink({"POST /api/printer/tool": (204, b""), "POST /api/printer/bed": (204, b"")})
    host.heaters_off()
    assert server.bodies["POST /api/printer/tool"] == b'{"command":"target","targets":{"tool0":0}}'
    host, server = prusalink({})
    host.heaters_off()
    assert server.asked == ["POST /api/printer/tool", "POST /api/printer/bed"]
    host, _ = prusalink({"POST /api/printer/tool": (409, b"")})
    with pytest.raises(HostRefused):
        host.heaters_off()
