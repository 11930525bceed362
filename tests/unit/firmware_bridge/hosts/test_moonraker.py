import hashlib

import msgspec
import pytest

from firmware_bridge import hosts
from firmware_bridge.errors import HostRefused
from firmware_bridge.hosts.host import Fate, Phase
from firmware_bridge.machine import Link

NAME = "commons-a1-18f0c.gcode"
INFO = {"GET /server/info": (200, "moonraker_info.json")}
QUERY = "POST /printer/objects/query"
HISTORY = "GET /server/history/list?limit=20&order=desc"


@pytest.fixture
def moonraker(replay):
    def opened(answers):
        server = replay(answers)
        return hosts.open_host(Link(host="moonraker", url=server.url)), server

    return opened


def test_it_says_what_it_is_and_needs_no_key(moonraker):
    host, server = moonraker(INFO)
    assert host.identify() == "Moonraker 0.11.0"
    assert "X-Api-Key" not in server.headers[0]


def test_printing(moonraker):
    host, _ = moonraker(INFO | {QUERY: (200, "moonraker_printing.json")})
    seen = host.look()
    assert (seen.phase, seen.job, seen.at_byte) == (Phase.WORKING, NAME, 3006)
    assert (seen.heat.hotend_c, seen.heat.hotend_target_c, seen.heat.bed_target_c) == (123.5, 205.0, 0.0)


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        ("standby", Phase.IDLE),
        ("printing", Phase.WORKING),
        ("paused", Phase.PAUSED),
        ("complete", Phase.IDLE),
        ("cancelled", Phase.IDLE),
        ("error", Phase.IDLE),
    ],
)
def test_phases(moonraker, state, phase):
    status = {"print_stats": {"state": state, "filename": NAME}}
    host, _ = moonraker(INFO | {QUERY: (200, msgspec.json.encode({"result": {"status": status}}))})
    assert host.look().phase is phase


def test_without_klipper_the_machine_is_absent(moonraker):
    host, server = moonraker({"GET /server/info": (200, "moonraker_no_klipper.json")})
    seen = host.look()
    assert seen.phase is Phase.ABSENT
    assert "Klipper is" in seen.says
    assert server.asked == ["GET /server/info"]


def test_klipper_knows_how_the_last_job_ended(moonraker):
    host, _ = moonraker(INFO | {QUERY: (200, "moonraker_cancelled.json")})
    assert host.fate(NAME) is Fate.STOPPED


@pytest.mark.parametrize(
    ("name", "fate"), [(NAME, Fate.FINISHED), ("commons-a0-18f00.gcode", Fate.FAILED), ("commons-a9-1.gcode", None)]
)
def test_the_history_knows_of_a_job_before_klipper_was_restarted(moonraker, name, fate):
    standby = msgspec.json.encode({"result": {"status": {"print_stats": {"state": "standby", "filename": ""}}}})
    host, _ = moonraker(INFO | {QUERY: (200, standby), HISTORY: (200, "moonraker_history.json")})
    assert host.fate(name) is fate


def test_a_host_without_a_history_knows_nothing(moonraker):
    host, _ = moonraker({"GET /server/info": (200, "moonraker_no_klipper.json")})
    assert host.fate(NAME) is None


def test_an_upload_is_read_back(moonraker, tmp_path):
    program = tmp_path / "p"
    program.write_bytes(b"G28\nG1 X1\n")
    sha256 = hashlib.sha256(program.read_bytes()).hexdigest()
    answers = {"POST /server/files/upload": (201, b"{}")}
    host, server = moonraker(answers | {f"GET /server/files/gcodes/{NAME}": (200, program.read_bytes())})
    host.upload(NAME, program, sha256, lambda: None)
    assert sha256.encode() in server.bodies["POST /server/files/upload"]

    host, _ = moonraker(answers | {f"GET /server/files/gcodes/{NAME}": (200, b"; processed\nG28\nG1 X1\n")})
    with pytest.raises(HostRefused, match="rewrites uploaded files"):
        host.upload(NAME, program, sha256, lambda: None)


def test_start_cancel_and_heaters_off(moonraker):
    paths = [f"POST /printer/print/start?filename={NAME}", "POST /printer/print/cancel", "POST /printer/gcode/script"]
    host, server = moonraker(dict.fromkeys(paths, (200, b'{"result":"ok"}')))
    host.start(NAME)
    host.cancel()
    host.heaters_off()
    assert server.asked == paths
    assert msgspec.json.decode(server.bodies[paths[2]]) == {"script": "TURN_OFF_HEATERS"}


def test_its_words_are_kept(moonraker):
    host, _ = moonraker({f"POST /printer/print/start?filename={NAME}": (400, "moonraker_400.json")})
    with pytest.raises(HostRefused, match=r"Unable to open file$"):
        host.start(NAME)


def test_a_wrong_key_is_said_to_be_one(moonraker):
    host, _ = moonraker({"GET /server/info": (401, "moonraker_401.json")})
    with pytest.raises(HostRefused, match=r"is the key of \[link\] right"):
        host.look()
