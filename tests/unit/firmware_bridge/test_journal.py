import pytest

from firmware_bridge.errors import JournalError
from firmware_bridge.journal import Journal

PORT, PROGRAM, OTHER = "/dev/ttyACM0", "a" * 64, "b" * 64


@pytest.fixture
def journal(tmp_path):
    return Journal.open(tmp_path / "journal", PORT, PROGRAM)


def test_a_run_that_was_cut_off_tells_how_far_it_got(journal):
    journal.begin(2_000)
    journal.reserve(512)
    for number in (1, 77, 300):
        journal.acknowledge(number)
    journal.reserve(1_024)
    journal.acknowledge(600)
    run = journal.run()
    assert run.cut_off
    assert (run.lines, run.reserved, run.acknowledged) == (2_000, 1_024, 600)


def test_acknowledgements_do_not_let_the_file_grow(journal):
    journal.begin(2_000)
    journal.acknowledge(1)
    size = journal.path.stat().st_size
    for number in range(1_000):
        journal.acknowledge(number)
    assert journal.path.stat().st_size == size
    assert journal.run().acknowledged == 999


def test_an_ended_run_says_how(journal):
    journal.begin(5)
    journal.finish()
    assert journal.run().outcome == "finished"
    journal.begin(5)
    assert journal.run().cut_off
    journal.fail("the port vanished")
    assert (journal.run().outcome, journal.run().reason) == ("failed", "the port vanished")


def test_the_last_run_on_a_port_is_found_without_knowing_its_program(tmp_path, journal):
    journal.begin(5)
    journal.finish()
    Journal.open(journal.path.parent, PORT, OTHER).begin(9)
    Journal.open(journal.path.parent, "/dev/ttyACM1", OTHER).begin(9)
    last = Journal.last(journal.path.parent, PORT)
    assert (last.port, last.program_sha256, last.cut_off) == (PORT, OTHER, True)
    assert Journal.last(journal.path.parent, PORT, PROGRAM).outcome == "finished"
    assert Journal.last(journal.path.parent, "/dev/ttyACM2") is None
    assert Journal.last(tmp_path / "nowhere", PORT) is None


def test_what_was_left_unfinished_of_a_program_is_found_without_knowing_its_port(journal):
    folder = journal.path.parent
    assert Journal.unfinished(folder, PROGRAM) is None
    journal.begin(9)
    assert Journal.unfinished(folder, PROGRAM) is None  # no line was sent
    journal.reserve(9)
    journal.acknowledge(4)
    left = Journal.unfinished(folder, PROGRAM)
    assert (left.port, left.acknowledged) == (PORT, 4)
    assert Journal.unfinished(folder, OTHER) is None
    journal.fail("the port vanished", switched_off=False)
    assert Journal.unfinished(folder, PROGRAM).port == PORT
    journal.finish()
    assert Journal.unfinished(folder, PROGRAM) is None


def test_nothing_is_on_disk_before_the_run_begins(journal):
    assert journal.run() is None
    with pytest.raises(JournalError, match="no begun run"):
        journal.reserve(1)


def test_a_torn_last_record_is_ignored_and_any_other_damage_is_not(journal):
    journal.begin(5)
    journal.reserve(5)
    whole = journal.path.read_bytes()
    for torn in (whole + b'{"what":"ended","outc', whole + b"\0\0\0\0\n"):
        journal.path.write_bytes(torn)
        assert journal.run().reserved == 5
    journal.path.write_bytes(whole.replace(b"begun", b"bugun"))
    with pytest.raises(JournalError, match="damaged in line 1"):
        journal.run()


def test_a_journal_that_cannot_be_written_says_where(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="file"):
        Journal.open(tmp_path / "file" / "journal", PORT, PROGRAM)
