"""What a slicer sends is held, armed by a person, run once, and no concern of the commons."""

import hashlib
import shutil
import subprocess

import pytest

from firmware_bridge.wire import AttemptState, MachineState
from tests.integration.firmware_bridge.agent.page.conftest import BODY, visited

CORNERS = [(x, y, z) for x in (0, 10) for y in (0, 10) for z in (0, 2)]
TRIANGLES = ["013", "032", "475", "467", "051", "045", "237", "276", "026", "064", "157", "173"]


def stl():
    facets = "".join(
        "facet normal 0 0 0\nouter loop\n"
        + "".join("vertex {} {} {}\n".format(*CORNERS[int(corner)]) for corner in triangle)
        + "endloop\nendfacet\n"
        for triangle in TRIANGLES
    )
    return f"solid plate\n{facets}endsolid plate\n"


@pytest.fixture(scope="module")
def sliced(tmp_path_factory):
    """A plate of 10 × 10 × 2 mm, as PrusaSlicer writes it when its start and end G-code are left empty."""
    slicer = shutil.which("prusa-slicer")
    assert slicer, "PrusaSlicer is missing: run `make setup`"
    folder = tmp_path_factory.mktemp("slicer")
    (folder / "plate.stl").write_text(stl())
    options = ["--start-gcode", "", "--end-gcode", "", "--filament-type", "PLA", "--gcode-flavor", "marlin2"]
    command = [slicer, "--export-gcode", *options, "--center", "110,110", "-o", "plate.gcode", "plate.stl"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    return (folder / "plate.gcode").read_bytes()


def bytes_of(lines):
    return "".join(f"{line}\n" for line in lines).encode()


def attempts(shed):
    return shed.status()["attempts"]


def checked(visitor, until):
    until(lambda: attempts(visitor.shed) and attempts(visitor.shed)[0]["checked"], "the program to be checked")
    return attempts(visitor.shed)[0]


def test_a_slicers_file_is_held_armed_and_printed_once(paged, until, sliced):
    shed = paged.shed
    version = paged.get("/api/version").json()
    assert version["text"].startswith("OctoPrint")
    assert version["api"]
    answer = paged.upload(sliced, "plate.gcode")
    assert answer.status == 201, answer.data
    assert answer.headers["Location"] == "/virtual/api/files/local/plate.gcode"
    assert answer.json()["files"]["local"]["name"] == "plate.gcode"
    assert answer.json()["effectivePrint"] is False
    held = checked(paged, until)
    assert (held["title"], held["material"], held["state"], held["local"]) == ("plate.gcode", "PLA", "leased", True)
    assert held["waits_for"].startswith("arming")
    assert shed.numbered() == []
    assert [file["name"] for file in paged.get("/api/files").json()["files"]] == ["plate.gcode"]

    armed = shed.ask("arm")
    assert "plate.gcode" in armed.stdout
    assert "the bed" in armed.stdout
    assert shed.numbered() == []
    assert shed.ask("clear", "virtual").returncode == 0
    until(lambda: attempts(shed)[0]["state"] == "finished", "the plate to be printed", lambda: attempts(shed))
    program = bytes_of(shed.numbered())
    assert hashlib.sha256(program).hexdigest() == answer.json()["program_sha256"] == held["program_sha256"]
    assert program.count(b"\n") > 300
    assert paged.get("/api/job").json()["state"] == "Operational"

    shed.ask("clear", "virtual")
    assert attempts(shed) == []
    assert (shed.commons.states, shed.commons.started) == ({}, [])
    assert shed.numbered() == program.decode().splitlines()


def test_while_it_is_held_the_machine_is_taken(paged, until):
    shed = paged.shed
    shed.ask("clear", "virtual")
    assert paged.upload(BODY).status == 201
    until(lambda: shed.commons.machines["virtual"].state is MachineState.HOLDING, "holding")
    second = paged.upload(BODY, "other.gcode")
    assert second.status == 409
    assert "already holds 'cube.gcode'" in second.json()["error"]
    shed.offer(shed.profile, shed.program(shed.profile))
    shed.commons.reached("a1", AttemptState.LAPSED)
    assert "already holds attempt local-" in shed.commons.reports["a1"].reason
    shed.ask("stop", "virtual")
    assert attempts(shed)[-1]["state"] == "lapsed"
    assert paged.upload(BODY, "again.gcode").status == 201
    assert [a["title"] for a in attempts(shed) if a["local"]] == ["again.gcode"]


def test_the_standing_arm_arms_nothing_that_was_brought(shed, until):
    shed.machine(arm="policy")  # a virtual printer, which clears its own bed
    shed.settings('listen = "127.0.0.1:0"')
    shed.printer()
    shed.start()
    visitor = visited(shed)
    assert visitor.upload(BODY).status == 201
    checked(visitor, until)
    seen = shed.commons.syncs
    until(lambda: shed.commons.syncs > seen + 3, "some more syncs")
    assert attempts(shed)[0]["state"] == "leased"
    assert shed.numbered() == []


def test_a_killed_bridge_holds_it_still_and_asks_anew(paged, until):
    shed = paged.shed
    paged.upload(BODY)
    checked(paged, until)
    shed.ask("arm")
    shed.kill()
    shed.start()
    held = checked(paged, until)
    assert held["state"] == "leased"
    shed.ask("clear", "virtual")
    assert shed.numbered() == []
    shed.ask("arm")
    until(lambda: attempts(shed)[0]["state"] == "finished", "the end")
    assert hashlib.sha256(bytes_of(shed.numbered())).hexdigest() == held["program_sha256"]


def test_a_bridge_killed_in_mid_print_never_begins_it_again(shed, until):
    shed.machine(virtual=False)
    shed.settings('listen = "127.0.0.1:0"')
    shed.printer(speed=20)
    shed.start()
    visitor = visited(shed)
    visitor.upload(BODY + b"G4 P1000\n" * 2000)
    checked(visitor, until)
    shed.ask("arm")
    shed.ask("clear", "virtual")
    until(lambda: len(shed.numbered()) > 10, "the print to be under way")
    shed.kill()
    shed.start()
    lost = attempts(shed)[0]
    assert lost["state"] in ("lost", "failed")
    executed = len(shed.numbered())
    until(lambda: "heaters are off" in shed.log(), "the printer to be switched off")
    assert len(shed.numbered()) == executed
    assert shed.commons.states == {}


def test_several_machines_have_an_address_each(shed):
    shed.machine("left")
    shed.machine("right")
    shed.settings('listen = "127.0.0.1:0"')
    shed.printer("left")
    shed.printer("right")
    shed.start()
    visitor = visited(shed)
    bare = visitor.get("/api/version")
    assert bare.status == 404
    assert "/left, /right" in bare.json()["error"]
    assert visitor.get("/left/api/version").status == 200
    assert visitor.upload(BODY, prefix="/right").status == 201
    assert [a["machine"] for a in attempts(shed)] == ["right"]
    assert visitor.get("/right/api/printer").json()["state"]["flags"]["ready"] is False
    assert visitor.get("/left/api/printer").json()["state"]["flags"]["ready"] is True
    assert visitor.get("/middle/api/version").status == 404


def test_a_taken_address_is_said_in_one_line_and_the_bridge_goes_on(shed, paged):
    shed.machine()
    host, port = paged.address
    shed.settings(f'listen = "{host}:{port}"')
    shed.printer()
    shed.start()
    (line,) = [line for line in shed.log().splitlines() if "page" in line]
    assert line == (
        f"there is no local page: cannot listen on {host}:{port}: Address already in use: give another address"
        f' as listen = "…" in {shed.home}/bridge.toml, and start the bridge again'
    )
    assert shed.status()["page"] == ""
    assert paged.get("/api/version").status == 200
