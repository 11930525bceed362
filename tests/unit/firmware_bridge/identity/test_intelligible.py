"""The rule that chooses a rate: what is a firmware's word, and what is noise."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.identity.intelligible import PROBE, RATES, Verdict, judge
from firmware_bridge.virtual.marlin import GREETING
from firmware_bridge.virtual.marlin.about import SETTINGS, SOFTWARE_ENDSTOPS, capabilities
from firmware_bridge.virtual.rates import as_received

MARLIN = b"ok\nok T:21.30 /0.00 B:21.00 /0.00 @:0 B@:0\necho:busy: processing\n" + GREETING
LONG = "\n".join([*capabilities({}, "x"), *SETTINGS, *SOFTWARE_ENDSTOPS, ""]).encode()
GRBL = (
    b"\r\nGrbl 1.1h ['$' for help]\r\nok\r\nerror:20\r\n<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n"
    b"[VER:1.1h.20190830:]\r\n[OPT:V,15,128]\r\n$130=300.000\r\n"
)
WRONG = [(sent, read) for sent in RATES for read in RATES if sent != read]


@pytest.mark.parametrize(
    ("said", "firmware"),
    [
        (b"ok\n", ""),
        (b"ok T:21.3 /0.0 B:21.0 /0.0 T0:21.3 /0.0 @:0 B@:0\n", "marlin"),
        (b"ok\r\nerror:1\r\n", "grbl"),
        (b"\x00\xf8\x00half a lin\xe6\nok\n", ""),
    ],
)
def test_a_firmwares_words_are_understood(said, firmware):
    assert judge(said) == Verdict(heard=True, understood=True, firmware=firmware)


@pytest.mark.parametrize("said", [b"", b"ok", b"\x98\x80\xe6\n", b"hello from a GPS\n"])
def test_what_is_no_whole_word_of_a_firmware_is_not(said):
    assert judge(said) == Verdict(heard=bool(said))


@given(st.binary(max_size=60), st.binary(max_size=60).map(lambda noise: noise.replace(b"\n", b"")))
def test_a_word_is_found_whatever_came_before_and_after_it(before, after):
    assert judge(before + b"\nok\n" + after).understood


@given(st.binary(max_size=200))
def test_no_noise_is_an_error_of_ours(noise):
    assert judge(noise).heard == bool(noise)


@pytest.mark.parametrize(("sent", "read"), WRONG)
@pytest.mark.parametrize("said", [MARLIN, LONG, GRBL], ids=["marlin", "long", "grbl"])
def test_at_a_wrong_rate_no_firmware_is_understood(said, sent, read):
    assert not judge(as_received(said, sent, read)).understood


# Grbl 1.1's real-time commands, `?` apart: they act wherever they stand (doc/markdown/commands.md).
ACTS = {ord("!"), ord("~"), 0x18, 0x84, 0x85, *range(0x90, 0x98), *range(0x99, 0x9F), 0xA0, 0xA1}


@pytest.mark.parametrize(("sent", "read"), WRONG)
def test_the_probe_is_harmless_at_every_wrong_rate(sent, read):
    """Also twice in a row, as it is repeated: no real-time command, and nothing that is a word of G-code or a `$`
    command once a firmware has dropped what is no letter (Grbl, serial.c and protocol.c)."""
    arrives = as_received(PROBE + PROBE, sent, read)
    assert not ACTS & set(arrives)
    for line in arrives.replace(b"\r", b"\n").split(b"\n"):
        letters = bytes(byte for byte in line if 0x20 < byte < 0x7F).upper()
        assert not re.search(rb"[A-Z]-?\.?\d|\$[A-Z\d]", letters), line


def test_the_question_for_temperatures_would_not_be():
    """Why the probe is none: at half its rate a Grbl would read a soft reset."""
    assert 0x18 in as_received(b"\nM105\n", 115_200, 230_400)
