"""How lines go into a scripted Grbl's receive buffer."""

from firmware_bridge.protocol.grbl.states import State
from tests.unit.firmware_bridge.protocol.grbl.talk import MODES, Talk, status


def test_a_lost_ok_is_made_good_by_the_barrier_behind_it(cutting):
    assert cutting.hear("ok", "ok", MODES, "ok") == b"G4P0.01\n$G\n"


def test_an_ok_alone_ends_nothing_since_it_may_be_a_doubled_one(cutting):
    assert cutting.hear("ok", "ok", "ok", "ok", "ok", "ok") == b""
    assert cutting.grbl.state is State.CUTTING
    assert cutting.grbl.acknowledged == 0


def test_a_lost_answer_to_a_barrier_is_asked_for_again_only_where_nothing_moves(cutting):
    assert cutting.hear("ok", "ok", "ok", "ok", status("Run")) == b""
    for _ in range(40):
        assert cutting.hear(status("Run"), after=0.25) == b""
    said = b"".join(cutting.hear(status("Idle"), after=0.25) for _ in range(40))
    assert said == b"$G\n$G\n"
    assert cutting.hear(MODES, "ok") == b""
    assert cutting.hear(MODES, "ok") == b""
    assert cutting.hear(MODES, "ok") == b"G4P0.01\n$G\n"


def test_who_stands_idle_and_never_answers_is_stopped(cutting):
    said = b""
    for _ in range(600):
        said += cutting.hear(status("Idle"), after=0.25)
        if said.endswith(b"!"):
            break
    assert said == b"$G\n$G\n$G\n!"
    assert "is never answered" in cutting.grbl.reason


def test_a_line_that_writes_the_eeprom_is_alone_on_the_wire():
    talk = Talk([b"G21", b"G10 L20 P1 X0", b"G1 X1"])
    assert talk.until_check() == b"G21\n$G\n"
    assert talk.hear("ok", MODES, "ok") == b"G10 L20 P1 X0\n"
    assert talk.wait(0.5) == b""
    assert talk.hear("ok") == b"$G\n"
    assert talk.hear(MODES, "ok") == b"G1 X1\n$G\n"


def test_the_buffer_is_what_it_says_and_no_more_than_is_free():
    talk = Talk([b"G1 X%d" % i for i in range(100)])
    talk.until_check(Bf="15,100")
    assert talk.grbl.window == "100 bytes"
