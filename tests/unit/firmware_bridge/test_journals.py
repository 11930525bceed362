import time

import pytest

from firmware_bridge import journals
from firmware_bridge.errors import NotResumable
from firmware_bridge.journal import Journal
from firmware_bridge.resumption import whereabouts

PORT, PROGRAM, OTHER = "/dev/ttyACM0", "a" * 64, "b" * 64


@pytest.fixture
def journal(tmp_path):
    return Journal.open(tmp_path / "journal", PORT, PROGRAM, "/home/ada/knob.gcode")


def test_the_last_run_on_a_port_is_found_without_knowing_its_program(tmp_path, journal):
    journal.begin(5)
    journal.finish()
    Journal.open(journal.path.parent, PORT, OTHER).begin(9)
    Journal.open(journal.path.parent, "/dev/ttyACM1", OTHER).begin(9)
    last = journals.last(journal.path.parent, PORT)
    assert (last.port, last.program_sha256, last.cut_off) == (PORT, OTHER, True)
    assert journals.last(journal.path.parent, PORT, PROGRAM).outcome == "finished"
    assert journals.last(journal.path.parent, "/dev/ttyACM2") is None
    assert journals.last(tmp_path / "nowhere", PORT) is None


def test_what_was_left_unfinished_of_a_program_is_found_without_knowing_its_port(journal):
    folder = journal.path.parent
    assert journals.unfinished(folder, PROGRAM) is None
    journal.begin(9)
    assert journals.unfinished(folder, PROGRAM) is None  # no line was sent
    journal.reserve(9)
    journal.acknowledge(4)
    left = journals.unfinished(folder, PROGRAM)
    assert (left.port, left.acknowledged) == (PORT, 4)
    assert journals.unfinished(folder, OTHER) is None
    journal.fail("the port vanished", switched_off=False)
    assert journals.unfinished(folder, PROGRAM).port == PORT
    journal.finish()
    assert journals.unfinished(folder, PROGRAM) is None


def cut_off(journal):
    journal.begin(9)
    journal.reserve(9)
    journal.acknowledge(4)
    journal.close()


def test_what_was_left_half_made_on_a_port_is_found_by_any_other_program(journal):
    folder = journal.path.parent
    cut_off(journal)
    left = journals.half_made(folder, PORT, but=[OTHER])
    assert (left.name, left.acknowledged, left.lines) == ("/home/ada/knob.gcode", 4, 9)
    assert journals.half_made(folder, PORT, but=[PROGRAM]) is None
    assert journals.half_made(folder, "/dev/ttyACM1", but=[]) is None


@pytest.mark.parametrize(
    "end", [Journal.finish, lambda journal: journal.fail("stopped"), lambda journal: journal.begin(9)]
)
def test_nothing_is_half_made_once_it_was_finished_or_switched_off_or_begun_anew(journal, end):
    cut_off(journal)
    journal.resume()
    end(journal)
    assert journals.half_made(journal.path.parent, PORT, but=[]) is None


def test_the_first_line_of_another_program_gives_it_up_and_no_sooner(journal):
    folder = journal.path.parent
    cut_off(journal)
    elsewhere = Journal.open(folder, "/dev/ttyACM1", OTHER)
    elsewhere.begin(9)
    elsewhere.reserve(9)
    other = Journal.open(folder, PORT, OTHER)
    other.begin(9)
    assert journals.half_made(folder, PORT, but=[OTHER]).program_sha256 == PROGRAM
    other.reserve(9)
    assert journals.half_made(folder, PORT, but=[OTHER]) is None
    assert journals.unfinished(folder, PROGRAM) is None
    with pytest.raises(NotResumable, match="it was given up: another program was sent to its port since"):
        whereabouts(journal.run(), now=time.time())
    assert elsewhere.run().cut_off
    assert other.run().cut_off


def test_a_damaged_journal_of_another_program_stops_no_program(journal):
    journal.begin(9)
    journal.path.write_bytes(b"x\nx\nx\n")
    other = Journal.open(journal.path.parent, PORT, OTHER)
    other.begin(9)
    other.reserve(9)
    assert other.run().reserved == 9
