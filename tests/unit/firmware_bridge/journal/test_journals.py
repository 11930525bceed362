import os
import time
from pathlib import Path

import pytest

from firmware_bridge.errors import JournalError, NotResumable
from firmware_bridge.journal import Journal, journals
from firmware_bridge.journal.resumption import whereabouts

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


def test_a_finished_run_is_known_under_every_name_of_its_port(tmp_path):
    folder, device, by_id = tmp_path / "journal", tmp_path / "ttyUSB0", tmp_path / "by-id"
    device.touch()
    by_id.symlink_to(device)
    journal = Journal.open(folder, f"{device}#marlin-uuid:0", PROGRAM)
    journal.begin(9)
    assert journals.finished(folder, PROGRAM, str(by_id)) is None
    journal.finish()
    for name in (str(device), str(by_id), f"{by_id}#marlin-uuid:0"):
        assert journals.finished(folder, PROGRAM, name).port == journal.run().port
    for other in (f"{by_id}#marlin-uuid:1", str(tmp_path / "ttyUSB1"), "#marlin-uuid:0", "socket://printer:23"):
        assert journals.finished(folder, PROGRAM, other) is None
    assert journals.finished(folder, OTHER, str(device)) is None
    Journal.open(folder, str(by_id), PROGRAM).begin(9)  # once more, and later
    assert journals.finished(folder, PROGRAM, str(device)) is None


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


def test_every_half_made_part_is_known_the_latest_first(journal):
    folder, later = journal.path.parent, Journal.open(journal.path.parent, "/dev/ttyACM1", OTHER)
    for each in (journal, later):
        each.begin(9)
        each.reserve(9)
    assert [run.port for run in journals.all_half_made(folder)] == ["/dev/ttyACM1", PORT]
    later.path.write_text("{\n\n")
    assert [run.port for run in journals.all_half_made(folder)] == [PORT]


@pytest.mark.parametrize("reason", ["stopped by SIGTERM", "line 7 was left out"])
def test_what_was_stopped_says_so_and_why(journal, reason):
    journal.begin(9)
    journal.reserve(9)
    journal.fail(reason)
    with pytest.raises(NotResumable) as caught:
        whereabouts(journal.run(), now=time.time())
    assert str(caught.value) == f"everything was switched off at its end, which loses the position: {reason}"
    journal.resume()
    journal.fail(reason, stopped=True)
    with pytest.raises(NotResumable) as caught:
        whereabouts(journal.run(), now=time.time())
    assert str(caught.value) == f"it was stopped, which loses the machine's position: {reason}"


def test_a_journal_from_before_stops_were_written_down_reads_on(journal):
    journal.begin(9)
    journal.reserve(9)
    journal.fail("heat")
    text = journal.path.read_text()
    journal.path.write_text(text.replace(',"stopped":false', ""))
    assert journal.path.read_text() != text
    assert (journal.run().reason, journal.run().switched_off, journal.run().stopped) == ("heat", True, False)


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


def test_it_is_found_and_given_up_under_another_name_of_its_port_too(tmp_path):
    folder, device, by_id = tmp_path / "journal", tmp_path / "ttyUSB0", tmp_path / "by-id"
    device.touch()
    by_id.symlink_to(device)
    left = Journal.open(folder, str(device), PROGRAM)
    cut_off(left)
    other_machine = Journal.open(folder, f"{by_id}#marlin-uuid:1", OTHER)
    assert journals.half_made(folder, f"{by_id}#marlin-uuid:0", but=[OTHER]).port == str(device)
    cut_off(other_machine)  # which is not there now, and nobody knows whether the first is
    assert left.run().outcome == "given up"
    here = Journal.open(folder, f"{by_id}#marlin-uuid:0", OTHER)
    here.begin(9)
    here.reserve(9)
    assert other_machine.run().may_go_on


def test_a_damaged_journal_of_another_program_stops_no_program(journal):
    journal.begin(9)
    journal.path.write_bytes(b"x\nx\nx\n")
    assert journals.half_made(journal.path.parent, PORT, but=[OTHER]) is None
    other = Journal.open(journal.path.parent, PORT, OTHER)
    other.begin(9)
    other.reserve(9)
    assert other.run().reserved == 9


def ended(folder, number, end, days=0.0, port=PORT):
    journal = Journal.open(folder, port, f"{number:064x}")
    cut_off(journal)
    journal.resume()
    end(journal)
    journal.close()
    written_at = time.time() - days * 24 * 3600
    os.utime(journal.path, (written_at, written_at))
    return journal.path


def test_old_journals_go_but_those_that_may_be_gone_on_with(tmp_path):
    folder = tmp_path / "journal"
    kept = [ended(folder, number, Journal.finish) for number in range(journals.KEEP_LEAST)]
    gone = [ended(folder, 10 + number, Journal.finish, days=31 + number) for number in range(5)]
    gone += [ended(folder, 20, lambda journal: journal.fail("stopped"), days=31)]
    kept += [ended(folder, 21, Journal.finish, days=29)]
    pulled = lambda journal: journal.fail("pulled", switched_off=False)  # noqa: E731
    half_made = Journal.open(folder, "/dev/ttyACM1", PROGRAM)
    cut_off(half_made)
    os.utime(half_made.path, (0, 0))
    kept += [ended(folder, 22, pulled, days=4000), half_made.path]
    drafts = [kept[0].with_suffix(suffix) for suffix in (".new", ".4711")]
    for draft in drafts:
        draft.touch()
        os.utime(draft, (0, 0))
    journals.tidy(folder)
    assert set(folder.iterdir()) == set(kept)
    assert not any(draft.exists() for draft in drafts)
    assert not any(path.exists() for path in gone)


def test_of_many_the_latest_stay(tmp_path):
    folder = tmp_path / "journal"
    pulled = lambda journal: journal.fail("pulled", switched_off=False)  # noqa: E731
    half_made = ended(folder, 1_000, pulled, days=20, port="/dev/ttyACM1")
    paths = [ended(folder, number, Journal.finish, days=1 + number / 1_000) for number in range(journals.KEEP_MOST + 7)]
    journals.tidy(folder)
    assert set(folder.iterdir()) == {half_made, *paths[: journals.KEEP_MOST]}


def test_a_clock_that_leaps_leaves_the_latest(tmp_path):
    folder = tmp_path / "journal"
    paths = [ended(folder, number, Journal.finish, days=number) for number in range(journals.KEEP_LEAST + 2)]
    journals.tidy(folder, now=lambda: time.time() + 1e10)
    assert set(folder.iterdir()) == set(paths[: journals.KEEP_LEAST])


def test_what_is_no_journal_stays(tmp_path):
    folder = tmp_path / "journal"
    name = ended(folder, 0, Journal.finish, days=31).name
    strange = [folder / each for each in ("notes.txt", "part.gcode", "a.jsonl", f"old-{name}", f"{name}.bak", "b.new")]
    for number, path in enumerate(strange):
        path.touch()
        os.utime(path, (number, number))
    gone = [ended(folder, 10 + number, Journal.finish, days=40 + number) for number in range(5)]
    journals.tidy(folder)
    assert all(path.exists() for path in strange)
    assert not any(path.exists() for path in gone[journals.KEEP_LEAST - 1 :])


def test_one_that_is_no_longer_there_keeps_no_other(tmp_path):
    folder = tmp_path / "journal"
    paths = [ended(folder, number, Journal.finish, days=31 + number) for number in range(journals.KEEP_LEAST + 5)]
    for path in (paths[0], paths[-1]):
        path.unlink()
        path.symlink_to(folder / "gone")  # listed, and not there
    journals.tidy(folder)
    assert [path for path in paths if path.exists()] == paths[1 : journals.KEEP_LEAST + 1]


@pytest.fixture
def aged(tmp_path):
    """Of so many that the latest are kept for: one in the way, and one that is to go."""
    folder = tmp_path / "journal"
    for number in range(journals.KEEP_LEAST):
        path = ended(folder, number, Journal.finish)
        os.utime(path, (2e10, 2e10))
    return [ended(folder, 10 + number, Journal.finish, days=31 + number) for number in range(2)]


def test_what_cannot_be_removed_is_said(aged, monkeypatch):
    """By somebody whose folder it is not; root, who may remove everything, is nobody meanwhile."""
    folder, root = aged[0].parent, os.geteuid()
    monkeypatch.chdir(folder)  # nobody may come here by the whole path
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    if root == 0:
        os.seteuid(65_534)
    try:
        with pytest.raises(
            JournalError, match=f"cannot remove the old journal {aged[1].name}: Permission denied: give"
        ):
            journals.tidy(Path())
    finally:
        if root == 0:
            os.seteuid(root)
        folder.chmod(0o755)
    journals.tidy(Path())
    assert not any(path.exists() for path in aged)


@pytest.mark.parametrize(
    ("leads_to", "told"),
    [
        ("{itself}", "cannot look at the journal {itself}: Too many levels of symbolic links"),
        ("/proc/self/mem", "cannot read the journal {itself}: Input/output error"),
    ],
)
def test_what_cannot_be_read_may_be_half_made_and_stays_and_the_others_go(aged, leads_to, told):
    stuck, gone = aged
    stuck.unlink()
    stuck.symlink_to(leads_to.format(itself=stuck))
    with pytest.raises(JournalError) as caught:
        journals.tidy(stuck.parent, now=lambda: time.time() + 2 * journals.KEEP_S)
    assert str(caught.value) == told.format(itself=stuck)
    assert stuck.is_symlink()
    assert not gone.exists()


def test_a_folder_that_is_none_is_said(tmp_path):
    (tmp_path / "journal").touch()
    with pytest.raises(JournalError, match=r"cannot look through the journals in .*: Not a directory"):
        journals.tidy(tmp_path / "journal")


def test_where_there_is_no_folder_there_is_nothing_to_tidy(tmp_path):
    journals.tidy(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []
