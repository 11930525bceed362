"""Enter and SIGUSR2 at a real terminal: a pty, with a process at it as a shell starts one."""

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

ASKED, SHELL = (str(Path(__file__).with_name(name)) for name in ("asked.py", "shell.py"))
ENTER, SIGNAL = "or press Enter here", "or here: kill -USR2 PID"
WITHIN_S = 20.0


class Pipes:
    """To a process that answers each line with one."""

    def __init__(self):
        self.theirs_in, self._out = os.pipe()
        self._in, self.theirs_out = os.pipe()
        self.theirs = (self.theirs_in, self.theirs_out)

    def given(self):
        for descriptor in self.theirs:
            os.close(descriptor)

    def ask(self, question):
        os.write(self._out, f"{question}\n".encode())
        assert select.select([self._in], [], [], WITHIN_S)[0], f"{question}: no answer; was it stopped?"
        return os.read(self._in, 4096).decode().strip()

    def close(self):
        os.close(self._out)
        os.close(self._in)


class Person:
    """Before the process: what `going_on` says there."""

    def __init__(self, pipes):
        self._pipes = pipes
        self.pid = int(pipes.ask("pid"))

    @property
    def how(self):
        return self._pipes.ask("how").replace(str(self.pid), "PID")

    def went_on(self):
        return {"True": True, "False": False}[self._pipes.ask("asked")]

    def goes_on(self):
        """In time: a terminal hands on what is typed a little later."""
        until = time.monotonic() + WITHIN_S
        while not self.went_on():
            assert time.monotonic() < until, "it never went on"
        return True


@contextmanager
def process(stdin, **options):
    pipes = Pipes()
    command = [sys.executable, ASKED, *map(str, pipes.theirs)]
    with subprocess.Popen(command, stdin=stdin, pass_fds=pipes.theirs, start_new_session=True, **options) as begun:
        pipes.given()
        try:
            yield Person(pipes)
        finally:
            pipes.close()
        assert begun.wait(WITHIN_S) == 0


class Terminal:
    """A shell's, with one job; both live on after it is hung up, as under nohup."""

    def __init__(self):
        self.keys, slave = os.openpty()
        self.orders, job = Pipes(), Pipes()
        shell = [sys.executable, SHELL, str(slave), *map(str, self.orders.theirs)]
        asked = [sys.executable, ASKED, *map(str, job.theirs)]
        self.shell = subprocess.Popen([*shell, *asked], pass_fds=[slave, *self.orders.theirs, *job.theirs])
        self.orders.given()
        job.given()
        os.close(slave)
        self.job, self._pipes = Person(job), job

    def put(self, where):
        assert self.orders.ask(where) == "done"

    def type(self, keys):
        os.write(self.keys, keys)

    def hang_up(self):
        os.close(self.keys)
        self.keys = None

    def close(self):
        if self.keys is not None:
            self.hang_up()
        self._pipes.close()
        os.kill(self.job.pid, signal.SIGCONT)  # where it was stopped, and a test has failed for it
        self.orders.close()
        assert self.shell.wait(WITHIN_S) == 0


@pytest.fixture
def terminal():
    opened = Terminal()
    yield opened
    opened.close()


def test_enter_in_the_foreground_goes_on_once(terminal):
    terminal.put("before")
    assert terminal.job.how == ENTER
    assert not terminal.job.went_on()
    terminal.type(b"\n")
    assert terminal.job.goes_on()
    assert not terminal.job.went_on()


def test_enters_typed_ahead_are_one(terminal):
    terminal.put("before")
    terminal.type(b"\n" * 6)  # the terminal takes them all before the next look, and gives them one by one
    assert terminal.job.goes_on()
    assert not any(terminal.job.went_on() for _ in range(20))


def test_words_without_enter_are_none(terminal):
    terminal.put("before")
    terminal.type(b"go on")
    assert not any(terminal.job.went_on() for _ in range(20))
    terminal.type(b"\n")
    assert terminal.job.goes_on()


def test_a_ctrl_d_ends_a_line_and_not_the_terminal(terminal):
    terminal.put("before")
    terminal.type(b"\x04\x04\n")
    assert terminal.job.goes_on()
    assert terminal.job.how == ENTER


def test_in_the_background_it_is_not_stopped_and_what_is_typed_is_for_the_shell(terminal):
    terminal.put("behind")
    terminal.type(b"ls\n")
    assert terminal.job.how == SIGNAL
    assert not any(terminal.job.went_on() for _ in range(20))
    terminal.put("before")
    assert terminal.job.how == ENTER
    assert terminal.job.goes_on()  # the line is still there: nothing in the background had taken it


def test_put_behind_and_before_again_it_hears_again(terminal):
    terminal.put("before")
    terminal.put("behind")
    assert not terminal.job.went_on()
    os.kill(terminal.job.pid, signal.SIGUSR2)
    assert terminal.job.goes_on()
    terminal.put("before")
    terminal.type(b"\n")
    assert terminal.job.goes_on()


def test_a_terminal_that_was_hung_up_leaves_the_signal(terminal):
    terminal.put("before")
    assert terminal.job.how == ENTER
    terminal.hang_up()
    assert not any(terminal.job.went_on() for _ in range(20))
    assert terminal.job.how == SIGNAL
    os.kill(terminal.job.pid, signal.SIGUSR2)
    assert terminal.job.goes_on()


def lines(folder):
    path = folder / "lines"
    path.write_bytes(b"\n\n")
    return path.open("rb")


def pipe(_folder):
    ours, theirs = os.pipe()
    os.write(theirs, b"\n\n")
    os.close(theirs)
    return os.fdopen(ours, "rb")


def nothing(_folder):
    return Path(os.devnull).open("rb")


@pytest.mark.parametrize("standard_input", [lines, pipe, nothing])
def test_what_is_no_terminal_is_not_read(tmp_path, standard_input):
    with standard_input(tmp_path) as given, process(given) as person:
        only_the_signal_counts(person)
        if given.seekable():
            assert given.tell() == 0


def test_a_closed_standard_input_is_none():
    with process(None, preexec_fn=lambda: os.close(0)) as person:
        only_the_signal_counts(person)


def test_a_terminal_that_controls_others_is_not_read():
    keys, slave = os.openpty()
    with process(slave) as person:
        os.write(keys, b"\n")
        only_the_signal_counts(person)
        assert select.select([slave], [], [], WITHIN_S)[0]  # the line is left for whoever's it is
    os.close(keys)
    os.close(slave)


def only_the_signal_counts(person):
    assert person.how == SIGNAL
    assert not any(person.went_on() for _ in range(20))
    os.kill(person.pid, signal.SIGUSR2)
    assert person.goes_on()
    assert not person.went_on()
