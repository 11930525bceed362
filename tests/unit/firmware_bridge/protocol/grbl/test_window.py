"""The receive buffer as the sender sees it, held against a buffer that is really there."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.protocol.grbl.lines import BARRIER
from firmware_bridge.protocol.grbl.window import BARRIER_LINES, KEPT_BYTES, MARK, TRUST_LINES, Window

SIZE = 128


def trusted() -> Window:
    window = Window(SIZE)
    for number in range(1, TRUST_LINES + 1):
        window.add(number, b"G1 X1")
        window.answered()
        if number % 8 == 0:
            window.add(MARK, b"$G")
            window.prove()
            window.answered()
    assert window.trusted
    assert window.proven
    return window


def test_it_begins_with_what_is_proven():
    window = Window(SIZE)
    window.add(1, b"G" * 59)
    assert window.fits(SIZE - 60 - KEPT_BYTES)
    assert not window.fits(SIZE - 60 - KEPT_BYTES + 1)
    window.answered()
    assert not window.fits(SIZE - 60 - KEPT_BYTES + 1)
    window.add(MARK, b"$G")
    assert window.prove() == 1
    assert window.proven
    assert window.fits(SIZE - KEPT_BYTES)


def test_once_trusted_an_ok_makes_room_but_for_one_that_may_be_doubled():
    window = trusted()
    for number in range(4):
        window.add(number + 100, b"G" * 19)
    assert not window.fits(60)
    for _ in range(3):
        window.answered()
    # One is still on its way, and the longest may have been answered twice: the new one, if it is the longest.
    free = SIZE - 20 - KEPT_BYTES
    assert window.fits(free // 2)
    assert not window.fits(free // 2 + 1)


def test_a_doubled_ok_ends_the_trust_for_good():
    window = trusted()
    window.add(100, b"G1 X1")
    window.add(MARK, b"$G")
    window.answered()
    window.answered()
    assert window.prove() == 100
    assert window.doubled == 1
    assert not window.trusted


def test_a_barrier_finds_room_though_the_trust_is_lost_with_much_unproven():
    window = trusted()
    for number in range(20):
        window.add(number + 100, b"G" * 19)
        window.answered()
    window.answered()
    assert window.doubled == 1
    assert not window.fits(20)
    assert window.fits_barrier


def test_what_a_doubled_ok_had_counted_is_in_flight_again():
    window = trusted()
    window.add(100, b"G1 X1")
    window.add(MARK, b"$G")
    window.add(101, b"G1 X2")
    for _ in range(3):
        window.answered()
    window.prove()
    window.answered()
    assert window.oldest.number == 101
    assert not window.proven


def test_a_lost_ok_is_made_up_for_at_the_barrier():
    window = trusted()
    window.add(100, b"G1 X1")
    window.add(101, b"G1 X2")
    window.add(MARK, b"$G")
    window.answered()
    assert window.prove() == 101
    # Of 100 and 101 no `ok` came: the last barrier's own is the one that had.
    assert [sent.number for sent in window.in_flight] == [MARK]
    assert not window.doubled


def test_an_ok_that_nothing_waits_for_is_a_doubled_one():
    window = Window(SIZE)
    assert window.answered() is None
    assert window.doubled == 1


def test_a_barrier_answered_unasked_proves_nothing():
    window = Window(SIZE)
    window.add(1, b"G1 X1")
    assert window.prove() == 0
    assert not window.proven


class Grbl:
    """A receive buffer, which takes a line whenever it is told to, and answers as well as it can."""

    def __init__(self, lost: set[int], doubled: set[int]) -> None:
        self.lines: list[bytes] = []
        self.oks, self.lost, self.doubled = 0, lost, doubled

    def take(self) -> list[bytes]:
        line = self.lines.pop(0)
        self.oks += 1
        oks = 0 if self.oks in self.lost else 2 if self.oks in self.doubled else 1
        return [b"[GC]"] * (line == BARRIER) + [b"ok"] * oks


@given(
    lengths=st.lists(st.integers(3, 60), min_size=100, max_size=200),
    size=st.integers(100, 300),
    lost=st.sets(st.integers(1, 300)),
    first_doubled=st.integers(1, 300),
    doubled_every=st.one_of(st.just(10**9), st.integers(BARRIER_LINES + 12, 100), st.integers(1, TRUST_LINES // 2)),
    takes=st.lists(st.integers(0, 9), min_size=1, max_size=20),
)
def test_the_buffer_never_overflows_whatever_becomes_of_its_answers(
    lengths, size, lost, first_doubled, doubled_every, takes
):
    """Doubled ones come from the beginning on, or at most one between two barriers."""
    first = first_doubled if doubled_every > TRUST_LINES // 2 else 1
    window, firmware = Window(size), Grbl(lost, set(range(first, 1_000, doubled_every)))
    waiting, number, turns = [b"G" * (length - 1) for length in lengths], 0, 0
    while waiting or not window.proven:
        turns += 1
        while True:
            if window.barrier_due or not waiting or (not window.trusted and not window.fits(len(waiting[0]) + 1)):
                if window.ends_in_barrier or not window.fits_barrier:
                    break
                window.add(MARK, BARRIER[:-1])
                firmware.lines.append(BARRIER)
            elif window.fits(len(waiting[0]) + 1):
                number += 1
                window.add(number, waiting[0])
                firmware.lines.append(waiting.pop(0) + b"\n")
            else:
                break
            assert sum(map(len, firmware.lines)) <= size
        # Stuck on lost answers: the barrier the feeder sends when nothing comes.
        if not firmware.lines and not window.ends_in_barrier:
            assert window.fits_barrier
            window.add(MARK, BARRIER[:-1])
            firmware.lines.append(BARRIER)
        for _ in range(min(takes[turns % len(takes)] + (turns % 50 == 0), len(firmware.lines))):
            for answer in firmware.take():
                window.prove() if answer == b"[GC]" else window.answered()
    assert number == len(lengths)
