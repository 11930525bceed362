import pytest

from firmware_bridge.agent.rules.pauses import may_go_on, why_wanted
from firmware_bridge.protocol.grbl.replies import Status
from firmware_bridge.protocol.grbl.reports import attention
from firmware_bridge.wire import Progress


def progress(**told):
    return Progress(line=3, lines=9, **told)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, ""),
        ({"attention": "filament runout"}, "filament runout"),
        ({"paused": True}, "it is paused: resume it there, or stop it"),
        (
            {"paused": True, "attention": "paused at the machine"},
            "paused at the machine: resume it there, or stop it",
        ),
        ({"paused": True, "attention": "filament runout"}, "filament runout: resume it there, or stop it"),
    ],
)
def test_a_printer_goes_on_where_it_was_paused(told, words):
    assert why_wanted(progress(**told)) == words
    assert not may_go_on(progress(**told))


@pytest.mark.parametrize(
    ("state", "sub", "in_program_pause", "here"),
    [
        ("Hold", 0, True, True),
        ("Hold", 0, False, True),
        ("Hold", 1, False, False),
        ("Door", 0, False, False),
        ("Tool", None, False, False),
        ("Sleep", None, False, False),
    ],
)
def test_a_routers_own_words_are_all_that_is_said(state, sub, in_program_pause, here):
    now = attention(Status(state=state, sub=sub), in_program_pause=in_program_pause)
    told = progress(paused=now.paused, attention=now.why)
    assert why_wanted(told) == now.why
    assert may_go_on(told) is here


def test_before_the_first_word_nobody_is_wanted():
    assert why_wanted(None) == ""
    assert not may_go_on(None)
