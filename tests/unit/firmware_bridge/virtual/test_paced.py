"""The line's own rules, with a machine that answers each line at once."""

import pytest

from firmware_bridge.virtual.paced import PacedLine

BAUD = 1_000  # 100 bytes/s


class Echo:
    """Says ok to every line, and keeps when each byte came."""

    gone = False
    wake_at = None

    def __init__(self) -> None:
        self.came, self.said = [], b""

    def receive(self, data, now):
        self.came.append((round(now, 6), data))
        self.said += b"ok\n" * data.count(b"\n")

    def advance(self, _now):
        said, self.said = self.said, b""
        return said


def test_a_line_arrives_a_byte_at_a_time():
    machine = Echo()
    line = PacedLine(machine, BAUD)
    line.receive(b"G28\n", 5.0)
    assert line.advance(5.005) == b""
    assert machine.came == []
    line.advance(5.021)
    assert machine.came == [(5.02, b"G2")]
    assert line.wake_at == pytest.approx(5.04)
    assert line.advance(5.04) == b""
    assert machine.came[-1] == (5.04, b"8\n")
    assert line.wake_at == pytest.approx(5.07)
    assert line.advance(5.07) == b"ok\n"


def test_who_looks_late_finds_the_same_as_who_looks_often():
    often, late = PacedLine(Echo(), BAUD, 0.1), PacedLine(Echo(), BAUD, 0.1)
    for line in (often, late):
        line.receive(b"G1 X1\nG1 X2\n", 0.0)
    heard = [(step / 1000, often.advance(step / 1000)) for step in range(400)]
    assert [at for at, said in heard if said] == pytest.approx([0.19, 0.25])
    assert late.advance(0.2) == b"ok\n"
    assert late.advance(1.0) == b"ok\n"


def test_lines_queue_on_the_wire_without_a_gap():
    machine = Echo()
    line = PacedLine(machine, BAUD)
    for at in (0.0, 0.01, 0.02):
        line.receive(b"12345678\n", at)
    line.advance(10.0)
    assert [at for at, _ in machine.came] == pytest.approx([0.09, 0.18, 0.27])


def test_latency_passes_before_each_answer_and_answers_take_their_time_too():
    line = PacedLine(Echo(), BAUD, latency_s=1.0)
    line.receive(b"\n\n", 0.0)
    assert line.advance(1.03) == b""
    assert line.advance(1.041) == b"ok\n"
    assert line.advance(1.071) == b"ok\n"
