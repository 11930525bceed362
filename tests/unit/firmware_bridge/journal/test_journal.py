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
