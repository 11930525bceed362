import errno
import signal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.confinement.walls import EXIT_UNCONFINED, Proof
from fabrication.geometry.protocol import Claimed, Confined, Done, Failed, Raised, Unconfined, frame, parse_reply
from fabrication.geometry.supervisor.verdict import Ended, Stopped, judge

LIMITS = Limits()
WALLS = msgspec.json.encode(Confined(proof=Proof(landlock_abi=7, uid=60800, canaries=()))) + b"\n"
CLAIM = msgspec.json.encode(Claimed(claim={"parts": ["a"]})) + b"\n"


def exited(code):
    return code << 8


def raised(error, message="m", line=None):
    return WALLS + msgspec.json.encode(Raised(error=error, message=message, line=line)) + b"\n"


def outcome(status=0, result=WALLS + CLAIM, cpu_s=0.1, stopped=None, author=True, values=None):
    return judge(Ended(status, cpu_s, result, stopped), LIMITS, runs_author_code=author, values=values)


def test_a_result_behind_proved_walls_is_the_claim():
    assert outcome() == Claimed(claim={"parts": ["a"]})


@pytest.mark.parametrize(
    ("given_", "error", "says"),
    [
        ({"stopped": Stopped("wrote more than 1 MiB")}, "JobKilled", "stopped: it wrote more than 1 MiB"),
        ({"stopped": Stopped("ran longer than 20 s", late=True)}, "TookTooLong", "stopped: it ran longer than 20 s"),
        ({"status": exited(EXIT_UNCONFINED), "result": b""}, "ConfinementUnavailable", "could not be begun"),
        ({"status": exited(1), "result": b""}, "ConfinementUnavailable", "ended with 1"),
        ({"result": CLAIM}, "ConfinementUnavailable", "refused"),
        ({"status": signal.SIGXCPU}, "TookTooLong", "after 10 s of computing"),
        ({"status": signal.SIGKILL, "cpu_s": 11.0}, "TookTooLong", "after 10 s of computing"),
        ({"status": signal.SIGKILL}, "JobKilled", "want of memory"),
        ({"status": signal.SIGXFSZ}, "JobKilled", "a file of more than 64 MiB"),
        ({"status": signal.SIGSYS}, "JobKilled", "asked the system"),
        ({"status": signal.SIGSEGV}, "KernelCrashed", "SIGSEGV"),
        ({"status": signal.SIGABRT | 0x80}, "KernelCrashed", "SIGABRT"),
        ({"status": signal.SIGUSR1}, "JobKilled", "ended itself with SIGUSR1"),
        ({"status": signal.SIGRTMIN + 3}, "JobKilled", "ended itself with signal 37"),
        ({"status": exited(EXIT_UNCONFINED)}, "ScriptFailed", "ended early"),
        ({"result": WALLS}, "ScriptFailed", "gave no result"),
        ({"result": WALLS + CLAIM + CLAIM}, "ScriptFailed", "gave no result"),
        ({"result": WALLS, "author": False}, "KernelCrashed", "gave no result"),
        ({"result": raised("ScriptFailed", "too thin", 3)}, "ScriptFailed", "too thin"),
        ({"result": raised("MemoryError")}, "JobKilled", "more than 1024 MiB of memory"),
        ({"result": raised("UploadRefused", "no STL"), "author": False}, "UploadRefused", "no STL"),
        ({"result": raised("OSError", line=errno.ENOMEM)}, "JobKilled", "of memory"),
        ({"result": raised("OSError", line=errno.EFBIG)}, "JobKilled", "a file of more than"),
        ({"result": raised("OSError", line=errno.EPERM)}, "ScriptFailed", "OSError"),
        ({"result": raised("ConfinementUnavailable")}, "ScriptFailed", "ConfinementUnavailable: m"),
        ({"result": raised("Standard_Failure"), "author": False}, "KernelCrashed", "Standard_Failure"),
    ],
)
def test_each_end_has_one_outcome(given_, error, says):
    got = outcome(**given_)
    assert isinstance(got, Failed)
    assert got.error == error
    assert says in got.message


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"status": signal.SIGSEGV}, "the geometry kernel crashed on width = 2.5 (SIGSEGV)"),
        ({"result": WALLS}, "the geometry kernel ended early on width = 2.5 (exit code 0) and gave no result"),
        ({"result": raised("Standard_Failure")}, "the geometry kernel failed on width = 2.5 (Standard_Failure: m)"),
    ],
)
def test_whatever_way_the_kernel_fails_its_values_are_named(given_, says):
    got = outcome(**given_, author=False, values={"width": 2.5})
    assert (got.error, got.message) == ("KernelCrashed", says)


def test_the_child_s_own_reason_is_passed_on():
    result = msgspec.json.encode(Unconfined(reason="canary: it could fork")) + b"\n"
    got = outcome(status=exited(EXIT_UNCONFINED), result=result)
    assert got == Failed(
        error="ConfinementUnavailable", message="refused: confinement unavailable (canary: it could fork)"
    )


def test_a_script_cannot_say_that_the_walls_are_missing():
    result = WALLS + msgspec.json.encode(Unconfined(reason="ha")) + b"\n"
    assert outcome(status=exited(EXIT_UNCONFINED), result=result).error == "ScriptFailed"


def crash(values):
    return judge(Ended(signal.SIGSEGV, 0.1, WALLS, None), LIMITS, runs_author_code=True, values=values).message


def test_a_crash_names_the_values_it_came_with():
    assert crash({"width": 60.0, "label": "ab"}) == (
        "the geometry kernel crashed on width = 60.0, label = 'ab' (SIGSEGV)"
    )
    assert crash({}) == crash(None) == "the geometry kernel crashed (SIGSEGV)"


def test_a_crash_names_no_more_than_a_person_reads():
    said = crash({f"p{index}": "x" * 1000 for index in range(100)})
    assert len(said) < 800
    assert said.endswith("and 92 more (SIGSEGV)")
    assert "'" + "x" * 58 + "…" in said


def test_an_author_s_words_move_no_cursor():
    assert outcome(result=raised("ScriptFailed", "a\x1b[2Jb\u202ec\nd")).message == "a [2Jb c d"


def lines(value):
    return msgspec.json.encode(value) + b"\n"


names = st.sampled_from(["claimed", "raised", "confined", "unconfined", "done", "x"])
numbers = st.sampled_from(
    [b"NaN", b"Infinity", b"1e999", b"-0", b"1" + b"0" * 40, b"1" + b"0" * 5000, b'"\\ud800"', b"[" * 3000, b"null"]
)
forged = st.one_of(
    st.binary(max_size=300),
    st.dictionaries(st.sampled_from(["type", "error", "message", "line", "claim", "problems"]), names).map(lines),
    st.tuples(names, numbers).map(lambda parts: b'{"type":"%s","claim":{"x":%s}}\n' % (parts[0].encode(), parts[1])),
    numbers.map(lambda number: b'{"type":"raised","error":"E","message":"m","line":%s}\n' % number),
    st.text(max_size=50).map(lambda text: raised("ScriptFailed", text).removeprefix(WALLS)),
    st.just(CLAIM),
    st.just(WALLS),
)


@given(st.lists(forged, max_size=4).map(b"".join), st.sampled_from([0, exited(1), exited(97), 9, 11, 31]))
def test_whatever_a_child_forges_is_judged_and_can_be_sent_on(result, status):
    for lead in (b"", WALLS):
        judged = outcome(status=status, result=lead + result)
        if isinstance(judged, Failed):
            assert len(judged.message) < 5000
            assert judged.message.isprintable()
            answer = judged
        else:
            assert (lead + result).startswith(WALLS)
            answer = Done(claim=judged.claim, log="", seconds=0.0)
        header = b"".join(frame(answer)[1:])
        assert parse_reply(header) == answer


@given(st.binary(max_size=300), st.sampled_from([0, exited(1), exited(97), 9, 11, 31]))
def test_whatever_a_child_leaves_is_judged(result, status):
    for lead in (b"", WALLS):
        assert isinstance(outcome(status=status, result=lead + result), Claimed | Failed)
