"""`stream --resume` after everything that can end a stream: no line twice, none missing, or a safe stop."""

import hashlib
import json
import re
import signal
import subprocess
from contextlib import closing, contextmanager

import pytest

from firmware_bridge.journal import Journal
from firmware_bridge.virtual.record import program_of
from tests.faults.firmware_bridge.test_streaming import PROGRAM, Workshop, wait_for
from tests.integration.firmware_bridge.cable import Cable


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path)


def resume(workshop, *options):
    with workshop.start("--resume", *options) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, json.loads(out), err


@contextmanager
def streaming(workshop, lines, *options):
    """A stream that has got so many lines executed."""
    with workshop.start(*options) as process:
        wait_for(lambda: workshop.record.exists() and len(workshop.executed()) > lines, f"{lines} lines")
        yield process


def kill(process):
    process.kill()
    process.wait(10)


def test_after_kills_it_goes_on_where_the_firmware_stands(workshop):
    with workshop.printer("--speed", "50"):
        with streaming(workshop, 60) as process:
            kill(process)
        for lines in (120, 180):
            with streaming(workshop, lines, "--resume") as process:
                kill(process)
        code, sent, err = resume(workshop)
    assert code == 0, err
    # The journal knows at least of what the firmware said when the last one but one began.
    assert sent["resumed_after"] >= 120
    assert sent["lines_sent"] <= len(PROGRAM) - 180
    assert program_of(workshop.record) == (len(PROGRAM), sent["program_sha256"])
    assert workshop.executed() == PROGRAM


def test_where_it_goes_on_and_for_which_machine_is_said_and_what_it_sent_is_counted(workshop):
    """Another profile that makes the same program of the file may go on with it."""
    (workshop.folder / "big.toml").write_text('name = "Big"\nvolume = {x_mm = 300}')
    with workshop.printer("--speed", "50"):
        with streaming(workshop, 60) as process:
            kill(process)
        machine = ("--machine", str(workshop.folder / "big.toml"))
        command = [*workshop.start_command(), "--resume", *machine]
        done = subprocess.run(
            command, env=workshop.environment, capture_output=True, text=True, timeout=120, check=True
        )
    after = int(re.search(r"^goes on after line (\d+) of 402, under Big$", done.stderr, re.M)[1])
    assert after >= 60
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(
        rf"done: {len(PROGRAM) - after} lines in [0-9.]+ s, going on after line {after} of 402", last
    ), last
    assert workshop.executed() == PROGRAM


def test_killed_before_its_first_line_it_goes_on_all_the_same(workshop):
    """What was put in the journal, and not sent yet, is told from what a reset made the firmware forget."""
    with workshop.printer("--speed", "50"):
        for _ in range(3):
            known = len(workshop.own_lines()) if workshop.record.exists() else 0
            with workshop.start("--resume") as process:
                wait_for(lambda: workshop.record.exists() and len(workshop.own_lines()) > known, "a line of its own")  # noqa: B023
                kill(process)
        code, sent, err = resume(workshop)
    assert code == 0, err
    assert program_of(workshop.record) == (len(PROGRAM), sent["program_sha256"])


def test_a_pulled_cable_is_plugged_in_again(workshop):
    with workshop.printer("--speed", "50"), closing(Cable(workshop.link)) as cable:
        with streaming(workshop, 60, "--port", cable.url) as process:
            cable.pull()
            out, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "is lost" in json.loads(out)["error"]
        cable.plug()
        code, sent, err = resume(workshop, "--port", cable.url)
    assert code == 0, err
    assert program_of(workshop.record) == (len(PROGRAM), sent["program_sha256"])


def test_a_finished_program_is_not_sent_again(workshop):
    with workshop.printer("--speed", "0"):
        code, _, err = workshop.stream()
        assert code == 0, err
    executed = workshop.executed()
    code, sent, err = resume(workshop)  # needs no printer
    assert (code, sent["ok"], sent["lines"], sent["lines_sent"]) == (0, True, len(PROGRAM), 0), err
    assert workshop.executed() == executed == PROGRAM


def test_a_finished_one_is_finished_under_another_name_of_its_port_too(workshop):
    other = workshop.folder / "by-id"
    other.symlink_to(workshop.link)
    with workshop.printer("--speed", "0"):
        assert workshop.stream()[0] == 0
        code, sent, err = resume(workshop, "--port", str(other))
    assert (code, sent["lines"], sent["lines_sent"]) == (0, len(PROGRAM), 0), err
    assert workshop.executed() == PROGRAM


def test_one_of_which_nothing_was_sent_begins(workshop):
    with workshop.printer("--speed", "0"):
        code, sent, err = resume(workshop)
    assert code == 0
    assert "starting at line 1" in err
    assert program_of(workshop.record) == (len(PROGRAM), sent["program_sha256"])


def test_under_another_name_of_its_port_it_does_not_begin_anew(workshop):
    other = workshop.folder / "by-id"
    other.symlink_to(workshop.link)
    with workshop.printer("--speed", "50"):
        with streaming(workshop, 60) as process:
            kill(process)
        before = workshop.received()
        code, sent, err = resume(workshop, "--port", str(other))
        assert (code, sent["ok"]) == (1, False)
        assert (
            f"was cut off on {workshop.link} after line {workshop.last_run().acknowledged}: name that port, or" in err
        )
        assert workshop.received() == before
        code, sent, err = resume(workshop)
    assert code == 0, err
    assert program_of(workshop.record) == (len(PROGRAM), sent["program_sha256"])


def test_a_printer_that_was_reset_is_made_safe_and_told_of_with_line_and_height(workshop):
    workshop.program.write_text("\n".join(["G28", "G90", "G1 Z0.3 F600", *PROGRAM[2:]]) + "\n")
    with workshop.printer("--speed", "50"), streaming(workshop, 60) as process:
        kill(process)
    with workshop.printer("--speed", "50"):
        before = len(workshop.own_lines())
        code, sent, err = resume(workshop)
        off = [line for line in workshop.own_lines()[before:] if line in ("M104 S0", "M140 S0")]
    assert code == 1
    assert "Traceback" not in err
    assert sent["error"].startswith("cannot go on after line ")
    assert f"of {len(PROGRAM) + 1}, 0.30 mm high: the machine was reset since" in sent["error"]
    assert off == ["M104 S0", "M140 S0"]


def test_what_was_stopped_is_not_gone_on_with(workshop):
    """Its motors were let go: the firmware's count would agree, and its position would be wrong."""
    with workshop.printer("--speed", "50"):
        with streaming(workshop, 60) as process:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        before = len(workshop.executed())
        code, sent, _ = resume(workshop)
        assert len(workshop.executed()) == before
    assert code == 1
    why = "it was stopped, which loses the machine's position: stopped by SIGTERM"
    how_far = f"line {workshop.last_run().acknowledged} of {len(PROGRAM)}"
    assert sent["error"] == f"cannot go on after {how_far}: {why}; to begin anew, leave --resume out"
    assert f"line {sent['line']} of {sent['lines']}" == how_far


def test_what_was_stopped_says_how_far_it_came(workshop):
    with workshop.printer("--speed", "50"), streaming(workshop, 60) as process:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    sent, run = json.loads(out), workshop.last_run()
    assert (sent["ok"], sent["line"], sent["lines"]) == (False, run.acknowledged, len(PROGRAM))
    assert run.acknowledged >= 50
    how_far = (
        f"line {run.acknowledged} of {len(PROGRAM)} (comments not counted) is the last that is known to have been taken"
    )
    told = f"stopped by SIGTERM, and its heaters are off; {how_far}; to begin anew, send it again without --resume"
    assert (sent["error"], err.splitlines()[-1]) == (told, f"Error: {told}")


@pytest.fixture
def profiles(workshop):
    """One that puts its own programs around the file, one that puts others there, and one too small for it."""
    own = '[[materials]]\nname = "PLA"\nhotend_c = 210\n[programs]\nstart = "G28"\nend = "M84"\n'
    texts = {"own": own, "other": own.replace("M84", "M107\\nM84"), "small": "volume = {x_mm = 9}\n" + own}
    for name, text in texts.items():
        (workshop.folder / name).write_text(f'name = "{name}"\n{text}')
    workshop.program.write_text("\n".join(PROGRAM[1:]) + "\n")
    return {name: ("--material", "PLA", "--machine", str(workshop.folder / name)) for name in texts}


OTHERWISE = ("but under another profile or material", "say the --machine and --material it was begun with")
CHANGED = ("and the file was changed since", "give it as it was")
EITHER = (
    "but under another profile or material, or before it was changed",
    "give the file as it was, with the --machine and --material it was begun with",
)


@pytest.mark.parametrize("named_anew", [False, True])
def test_the_same_file_under_another_profile_is_told_apart(workshop, profiles, named_anew):
    wrong = workshop.folder / "typed-wrong"
    wrong.symlink_to(workshop.link)
    with workshop.printer("--speed", "50"):
        with streaming(workshop, 60, *profiles["own"]) as process:
            kill(process)
        port = ("--port", str(wrong)) if named_anew else ()
        code, sent, _ = resume(workshop, *profiles["other"], *port)
        run, executed = workshop.last_run(), workshop.executed()
        assert (code, sent["ok"], executed) == (1, False, ["G28", *PROGRAM[1:], "M84"][: len(executed)])
        where = f"on {workshop.link}" if named_anew else "here"
        assert sent["error"] == (
            f"{workshop.program} was cut off {where} after line {run.acknowledged} of {run.lines}, {OTHERWISE[0]}:"
            f" {'name that port and ' if named_anew else ''}{OTHERWISE[1]}, or leave --resume out to begin anew"
        )
        code, sent, err = resume(workshop, *profiles["own"])
    assert code == 0, err
    assert program_of(workshop.record) == (run.lines, sent["program_sha256"])


def test_begun_under_another_profile_the_same_file_is_not_called_another(workshop, profiles):
    with workshop.printer("--speed", "50"):
        with streaming(workshop, 60, *profiles["own"]) as process:
            kill(process)
        run = workshop.last_run()
        with workshop.start(*profiles["other"]) as process:
            _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert (
        f"{workshop.program} was cut off here after line {run.acknowledged} of {run.lines}, {OTHERWISE[0]}: starting"
        " this one at line 1, which gives that one up\n" in err
    )


def cut_off_in_the_journal(workshop, port=None, *, given_sha256=None):
    """As a stream that was killed leaves it, of the file as it is now."""
    if given_sha256 is None:
        given_sha256 = hashlib.sha256(workshop.program.read_bytes()).hexdigest()
    folder, name = workshop.folder / "home" / "streamed", str(workshop.program)
    journal = Journal.open(folder, str(port or workshop.link), "a" * 64, name, given_sha256)
    journal.begin(20)
    journal.reserve(20)
    journal.acknowledge(12)
    journal.close()


@pytest.mark.parametrize("spelled", ["as it is", "by a link"])
@pytest.mark.parametrize(
    ("given_sha256", "changed", "unlike"), [(None, False, OTHERWISE), (None, True, CHANGED), ("", True, EITHER)]
)
def test_what_a_file_differs_by_is_said_as_exactly_as_it_is_known(workshop, spelled, given_sha256, changed, unlike):
    cut_off_in_the_journal(workshop, given_sha256=given_sha256)
    name = workshop.program
    if changed:
        name.write_text(name.read_text() + "M400\n")
    if spelled == "by a link":
        workshop.program = workshop.folder / "link.gcode"
        workshop.program.symlink_to(name)
    code, sent, _ = resume(workshop)
    assert (code, sent["error"]) == (
        1,
        f"{name} was cut off here after line 12 of 20, {unlike[0]}: {unlike[1]}, or leave --resume out to begin anew",
    )


def test_a_file_that_was_moved_is_known_by_what_is_in_it(workshop):
    cut_off_in_the_journal(workshop)
    name = workshop.program
    workshop.program = name.rename(workshop.folder / "moved.gcode")
    code, sent, _ = resume(workshop)
    assert code == 1
    assert sent["error"].startswith(f"{name} was cut off here after line 12 of 20, {OTHERWISE[0]}: ")


@pytest.mark.parametrize(("changed", "unlike"), [(False, OTHERWISE), (True, CHANGED)])
def test_on_another_machine_it_begins_and_says_where_it_was_cut_off(workshop, changed, unlike):
    cut_off_in_the_journal(workshop, "/dev/ttyUSB7")
    if changed:
        workshop.program.write_text("\n".join(PROGRAM[:50]) + "\n")
    with workshop.printer("--speed", "0"):
        code, sent, err = resume(workshop)
    assert code == 0, err
    assert (
        "nothing of this program was sent to this port: starting at line 1; half made elsewhere:"
        f" {workshop.program} on /dev/ttyUSB7 (line 12 of 20, {unlike[0]})\n" in err
    )
    assert program_of(workshop.record) == (50 if changed else len(PROGRAM), sent["program_sha256"])


def test_a_gate_that_refuses_it_says_why_and_that_it_was_taken_before(workshop, profiles):
    cut_off_in_the_journal(workshop)
    told = []
    for resumes in ((), ("--resume",)):
        with workshop.start(*profiles["small"], *resumes) as process:
            told.append(json.loads(process.communicate(timeout=120)[0])["error"])
        assert process.returncode == 1
    why, checking, lists = told[0].partition("; firmware-bridge check ")
    assert why.startswith("line 11 and 363 more: 'G1 X10 Y10 F6000': X would reach 10 mm")
    half_made = f"{workshop.program} was cut off here after line 12 of 20, {OTHERWISE[0]}: {OTHERWISE[1]}"
    assert told[1] == f"{why}; {half_made}{checking}{lists}"


def test_a_port_that_has_no_part_says_which_has(workshop, other):
    with workshop.printer("--speed", "50"), streaming(workshop, 60) as process:
        kill(process)
    run = workshop.last_run()
    nowhere = workshop.folder / "typed-wrong"
    code, sent, err = send_other(workshop, other, "--resume", "--port", str(nowhere))
    assert (code, sent["ok"]) == (1, False)
    assert (
        "nothing of this program was sent to this port: starting at line 1; half made elsewhere:"
        f" {workshop.program} on {workshop.link} (line {run.acknowledged} of {run.lines})\n" in err
    )
    assert f"cannot open the port {nowhere}: No such file or directory" in sent["error"]


def test_without_it_a_cut_off_run_begins_anew_and_says_that_it_exists(workshop):
    with workshop.printer("--speed", "50"):
        with streaming(workshop, 60) as process:
            kill(process)
        code, sent, err = workshop.stream()
    assert code == 0
    assert "--resume goes on where the machine stands" in err
    assert program_of(workshop.record) == (len(PROGRAM), sent["program_sha256"])


@pytest.fixture
def other(workshop):
    """Another program for the same printer, shorter than the one that is cut off."""
    path = workshop.folder / "other.gcode"
    path.write_text("\n".join(PROGRAM[:200]) + "\n")
    return path


def send_other(workshop, other, *options):
    cut_off, workshop.program = workshop.program, other
    try:
        with workshop.start(*options) as process:
            out, err = process.communicate(timeout=120)
        return process.returncode, json.loads(out), err
    finally:
        workshop.program = cut_off


def test_another_program_is_not_taken_for_the_half_made_part(workshop, other):
    with workshop.printer("--speed", "50"):
        with streaming(workshop, 60) as process:
            kill(process)
        before = workshop.received()
        code, sent, err = send_other(workshop, other, "--resume")
        assert (code, sent["ok"]) == (1, False)
        told = f"another program ({workshop.program}) was cut off here after line {workshop.last_run().acknowledged} of"
        assert told in err
        assert "leave --resume out to give it up" in err
        assert workshop.received() == before
        code, sent, err = resume(workshop)
    assert code == 0, err
    assert program_of(workshop.record) == (len(PROGRAM), sent["program_sha256"])


def test_begun_without_it_another_program_gives_the_half_made_part_up(workshop, other):
    """The firmware counts to 200 for the other one, which is a line of the first that may have been sent."""
    with workshop.printer("--speed", "50"):
        with streaming(workshop, 60) as process:
            kill(process)
        assert workshop.last_run().reserved > 200
        code, _, err = send_other(workshop, other)
        assert code == 0, err
        assert f"another program ({workshop.program}) was cut off here after line " in err
        assert "which gives that one up" in err
        before = workshop.executed()
        code, sent, _ = resume(workshop)
        assert (code, workshop.executed()) == (1, before)
    assert "it was given up: another program was sent to its port since" in sent["error"]
