import hashlib

import msgspec
import pytest

from firmware_bridge import hosts
from firmware_bridge.errors import HostRefused, LinkLost
from firmware_bridge.hosts.host import Fate, Phase
from firmware_bridge.machine import Link

NAME = "commons-a1-18f0c.gcode"
PRINTER, JOB = "GET /api/printer?exclude=sd", "GET /api/job"


@pytest.fixture
def octoprint(replay):
    def opened(answers):
        server = replay(answers)
        return hosts.open_host(Link(host="octoprint", url=server.url, key="s3cret")), server

    return opened


def test_it_says_what_it_is_and_hears_the_key(octoprint):
    host, server = octoprint({"GET /api/version": (200, "octoprint_version.json")})
    assert host.identify() == "OctoPrint 1.11.8"
    assert server.headers[0]["X-Api-Key"] == "s3cret"


@pytest.mark.parametrize("text", ["OctoPrint (Moonraker v0.9)", "PrusaLink", "Duet"])
def test_another_host_at_that_address_is_not_driven(octoprint, text):
    host, _ = octoprint({"GET /api/version": (200, msgspec.json.encode({"api": "0.1", "text": text}))})
    with pytest.raises(HostRefused, match="put the right host into"):
        host.identify()


def test_printing(octoprint):
    host, _ = octoprint({PRINTER: (200, "octoprint_printer_printing.json"), JOB: (200, "octoprint_job_printing.json")})
    seen = host.look()
    assert (seen.phase, seen.job, seen.says) == (Phase.WORKING, NAME, "")
    assert (seen.at_byte, round(seen.done, 5)) == (45, round(45 / 56089, 5))
    assert (seen.heat.hotend_target_c, seen.heat.bed_target_c) == (205.0, 60.0)
    assert not seen.cold


@pytest.mark.parametrize(
    ("printer", "phase"),
    [("idle", Phase.IDLE), ("pausing", Phase.PAUSED), ("cancelling", Phase.WORKING), ("printing", Phase.WORKING)],
)
def test_phases(octoprint, printer, phase):
    host, _ = octoprint({PRINTER: (200, f"octoprint_printer_{printer}.json"), JOB: (200, "octoprint_job_done.json")})
    assert host.look().phase is phase


def test_idle_and_cold(octoprint):
    host, _ = octoprint({PRINTER: (200, "octoprint_printer_idle.json"), JOB: (200, "octoprint_job_done.json")})
    assert host.look().cold


def test_a_printer_that_is_not_connected_is_absent_and_its_words_are_kept(octoprint):
    host, _ = octoprint({PRINTER: (409, "octoprint_409_not_operational.json")})
    seen = host.look()
    assert seen.phase is Phase.ABSENT
    assert "Printer is not operational" in seen.says


@pytest.mark.parametrize(
    ("status", "file", "fate"),
    [
        (200, "octoprint_file_new.json", None),
        (200, "octoprint_file_failed.json", Fate.FAILED),
        (200, "octoprint_file_done.json", Fate.FINISHED),
        (404, "octoprint_403.json", None),
    ],
)
def test_the_file_remembers_how_its_print_ended(octoprint, status, file, fate):
    host, _ = octoprint({f"GET /api/files/local/{NAME}": (status, file)})
    assert host.fate(NAME) is fate


def test_a_wrong_key_is_said_to_be_one(octoprint):
    host, _ = octoprint({JOB: (403, "octoprint_403.json"), PRINTER: (403, "octoprint_403.json")})
    with pytest.raises(HostRefused, match=r"is the key of \[link\] right"):
        host.look()


@pytest.mark.parametrize("stored", [b"G28\n", b"G28\nG1 X2\n"])
def test_an_upload_is_read_back(octoprint, tmp_path, stored):
    program = tmp_path / "p"
    program.write_bytes(b"G28\nG1 X1\n")
    sha256 = hashlib.sha256(program.read_bytes()).hexdigest()
    answers = {"POST /api/files/local": (201, "octoprint_uploaded.json")}
    host, server = octoprint(answers | {f"GET /downloads/files/local/{NAME}": (200, program.read_bytes())})
    calls = []
    host.upload(NAME, program, sha256, lambda: calls.append(1))
    sent = server.bodies["POST /api/files/local"]
    assert f'name="file"; filename="{NAME}"\r\n'.encode() in sent
    assert b"\r\n\r\nG28\nG1 X1\n\r\n--" in sent
    assert b'name="noOverwrite"\r\n\r\ntrue\r\n' in sent
    assert calls

    host, _ = octoprint(answers | {f"GET /downloads/files/local/{NAME}": (200, stored)})
    with pytest.raises(HostRefused, match="stored another program"):
        host.upload(NAME, program, sha256, lambda: None)


def test_a_name_that_is_taken_is_refused_in_its_words(octoprint, tmp_path):
    program = tmp_path / "p"
    program.write_bytes(b"G28\n")
    host, _ = octoprint({"POST /api/files/local": (409, "octoprint_409_exists.json")})
    with pytest.raises(HostRefused, match="File already exists"):
        host.upload(NAME, program, "0" * 64, lambda: None)


def test_start_cancel_and_heaters_off(octoprint):
    paths = (f"POST /api/files/local/{NAME}", "POST /api/job", "POST /api/printer/command")
    host, server = octoprint(dict.fromkeys(paths, (204, b"")))
    host.start(NAME)
    host.cancel()
    host.heaters_off()
    assert [msgspec.json.decode(server.bodies[path]) for path in paths] == [
        {"command": "select", "print": True},
        {"command": "cancel"},
        {"commands": ["M104 S0", "M140 S0"]},
    ]


def test_a_start_that_is_refused_was_none(octoprint):
    host, _ = octoprint({f"POST /api/files/local/{NAME}": (409, "octoprint_409_busy.json")})
    with pytest.raises(HostRefused, match="already printing"):
        host.start(NAME)


@pytest.mark.parametrize(
    "heat", [{"tool0": {"actual": 1e9, "target": 0}}, {"tool0": {"actual": "hot"}}, {"bed": []}, 5]
)
def test_numbers_that_make_no_sense_are_no_answer(octoprint, heat):
    printer = {"state": {"flags": {"operational": True}}, "temperature": heat}
    host, _ = octoprint({PRINTER: (200, msgspec.json.encode(printer)), JOB: (200, "octoprint_job_done.json")})
    with pytest.raises(HostRefused, match="cannot be used"):
        host.look()


@pytest.mark.parametrize(
    ("status", "error"), [(500, LinkLost), (503, LinkLost), (429, LinkLost), (302, HostRefused), (404, HostRefused)]
)
def test_what_may_come_back_and_what_may_not(octoprint, status, error):
    host, server = octoprint({PRINTER: (status, b"<html>sorry</html>")})
    with pytest.raises(error, match=str(status) if status != 302 else "redirects are not followed"):
        host.look()
    assert server.asked == [PRINTER]


def test_an_answer_without_end_is_given_up(octoprint):
    host, _ = octoprint({PRINTER: (200, b" " * 10_000_000)})
    with pytest.raises(HostRefused, match="over 1000000 bytes"):
        host.look()
