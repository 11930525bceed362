"""What takes its time, and what is counted while it goes on."""

import threading

import pytest

from firmware_bridge.errors import LinkLost
from firmware_bridge.hosts.exchange import Exchange
from firmware_bridge.hosts.host import Phase, Seen
from firmware_bridge.hosts.lines import LinesBefore
from firmware_bridge.hosts.watch import is_ours


def test_a_host_that_takes_the_request_and_says_nothing_is_given_up(replay):
    let_go = threading.Event()
    server = replay({})
    server.answers = Slow(let_go)
    try:
        with pytest.raises(LinkLost, match="did not answer in time"):
            Exchange(server.url, "OctoPrint", "k").tell("/api/job")
    finally:
        let_go.set()
    assert server.asked == ["POST /api/job"]


class Slow(dict):
    """No answer before it is let go."""

    def __init__(self, let_go):
        super().__init__()
        self._let_go = let_go

    def get(self, *_):
        self._let_go.wait(30)
        return 204, b""


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        ({"at_byte": 0}, 0),
        ({"at_byte": 4}, 1),
        ({"at_byte": 7}, 1),
        ({"at_byte": 8}, 2),
        ({"at_byte": 10**15}, 3),
        ({"done": 0.5}, 1),
        ({"done": 1.0}, 3),
        ({"done": 2.55}, 3),
        ({"done": -1.0}, 0),
        ({}, 0),
    ],
)
def test_lines_read_so_far(tmp_path, seen, line):
    program = tmp_path / "p"
    program.write_bytes(b"G28\nM84\nM82\n")
    assert LinesBefore(program, 3).at(Seen(Phase.WORKING, **seen)) == line


def test_lines_never_fall(tmp_path):
    program = tmp_path / "p"
    program.write_bytes(b"G28\n" * 1000)
    lines = LinesBefore(program, 1000)
    assert [lines.at(Seen(Phase.WORKING, at_byte=at)) for at in (400, 2000, 0, 4000)] == [100, 500, 500, 1000]


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("commons-a1-18f0c.gcode", True),
        ("commons-A_b-9-1a2190bcc32.gcode", True),
        ("vase.gcode", False),
        ("commons-a1.gcode", False),
        ("folder/commons-a1-18f0c.gcode", False),
        ("", False),
    ],
)
def test_what_is_ours_by_its_name(name, ours):
    assert is_ours(name) is ours
