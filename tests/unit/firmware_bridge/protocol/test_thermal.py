"""Healthy machines, of which none may be stopped, and sick ones, of which each must be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.protocol.conversation import Temperatures
from firmware_bridge.protocol.thermal import BED, HOTEND, ThermalWatch

LIMITS = {"hotend_max_c": 260.0, "bed_max_c": 110.0}


def look(hotend=(), bed=(), *, every_s=2.0):
    """Readings (°C, target) of each; the first reason to stop and when it came, or ("", None)."""
    watch = ThermalWatch(**LIMITS)
    for index in range(max(len(hotend), len(bed))):
        hotend_c, hotend_target_c = hotend[index] if hotend else (None, None)
        bed_c, bed_target_c = bed[index] if bed else (None, None)
        heat = Temperatures(hotend_c=hotend_c, hotend_target_c=hotend_target_c, bed_c=bed_c, bed_target_c=bed_target_c)
        if reason := watch.look(heat, index * every_s):
            return reason, index * every_s
    return "", None


def warming(target_c, pace_c_s, seconds, from_c=21.0, every_s=2.0):
    return [(min(from_c + pace_c_s * n * every_s, target_c), target_c) for n in range(int(seconds / every_s))]


@settings(max_examples=200, deadline=None)
@given(
    target_c=st.floats(30, 260),
    pace_c_s=st.floats(0.05, 8),
    noise=st.lists(st.floats(-1.5, 1.5), min_size=1, max_size=20),
    every_s=st.floats(0.2, 10),
)
def test_a_hot_end_that_warms_however_slowly_is_left_alone(target_c, pace_c_s, noise, every_s):
    """Twice as slow as Marlin itself would bear (2 °C in 40 s)."""
    readings = warming(target_c, pace_c_s, 900, every_s=every_s)
    noisy = [(now_c + noise[n % len(noise)], target_c) for n, (now_c, target_c) in enumerate(readings)]
    assert look(hotend=noisy, every_s=every_s) == ("", None)


@pytest.mark.parametrize("pace_c_s", [0.014, 0.05, 1])
def test_a_bed_may_take_its_time(pace_c_s):
    """2 °C in 140 s: some vendors give their beds 180."""
    assert look(bed=warming(100.0, pace_c_s, 3_600)) == ("", None)


def test_a_bed_that_never_quite_gets_there_is_left_alone():
    assert look(bed=warming(101.0, 1, 100) + [(101.0, 110.0)] * 5_000) == ("", None)


@pytest.mark.parametrize("seconds", [60, 119])
def test_a_draught_that_passes_is_left_alone(seconds):
    held = warming(210.0, 3, 100)
    assert look(hotend=held + [(190.0, 210.0)] * (seconds // 2) + [(209.0, 210.0)] * 500) == ("", None)


def test_a_hot_end_that_goes_cold_while_a_person_is_waited_for_is_left_alone_and_warms_again():
    watch = ThermalWatch(**LIMITS)
    held = [(210.0, False)] * 100
    cooling = [(max(30.0, 210.0 - n), True) for n in range(600)]
    again = [(min(210.0, 30.0 + n), False) for n in range(400)]
    for index, (now_c, attended) in enumerate(held + cooling + again):
        assert watch.look(Temperatures(hotend_c=now_c, hotend_target_c=210.0), index * 2.0, attended=attended) == ""


def test_one_that_does_not_warm_again_afterwards_is_sick():
    watch = ThermalWatch(**LIMITS)
    watch.look(Temperatures(hotend_c=30.0, hotend_target_c=210.0), 0.0, attended=True)
    watch.look(Temperatures(hotend_c=30.1, hotend_target_c=210.0), 100.0)
    assert "warmer" in watch.look(Temperatures(hotend_c=30.2, hotend_target_c=210.0), 121.0)


def test_no_target_is_no_expectation():
    assert look(hotend=[(21.0, 0.0)] * 1_000, bed=[(-20.0, 0.0)] * 1_000) == ("", None)
    assert look(hotend=[(210.0, 210.0)] * 10 + [(150.0 - n, 0.0) for n in range(120)]) == ("", None)


def test_waiting_to_cool_is_no_fall():
    assert look(hotend=[(240 - n / 4, 180.0) for n in range(200)]) == ("", None)


def test_a_printer_in_faster_time_may_leap_towards_its_target():
    assert look(hotend=[(21.0, 205.0), (205.0, 205.0), (205.0, 205.0)], every_s=0.01) == ("", None)


def test_a_change_of_tools_is_no_jump():
    assert look(hotend=[(210.0, 210.0)] * 50 + [(150.0, 160.0)] * 50 + [(210.0, 210.0)] * 50) == ("", None)


@pytest.mark.parametrize("garbled_c", [-30.0, 9.0, 21.0, 910.0, 2_000.0])
def test_one_garbled_reading_is_no_reason(garbled_c):
    held = [(210.0, 210.0)] * 20
    assert look(hotend=[*held, (garbled_c, 210.0), *held, (garbled_c, 210.0), *held]) == ("", None)


def test_silence_is_no_reason():
    watch = ThermalWatch(**LIMITS)
    heat = Temperatures(hotend_c=21.0, hotend_target_c=200.0)
    assert not any(watch.look(heat, now) for now in range(0, 10_000, 10))


@pytest.mark.parametrize(("name", "watch", "target_c"), [("hotend", HOTEND, 210.0), ("bed", BED, 60.0)])
def test_power_without_rise_stops_the_run_later_than_any_firmware(name, watch, target_c):
    reason, at = look(**{name: [(21.0, target_c)] * 1_000})
    assert watch.rise_within_s < at < watch.rise_within_s + 5
    assert "has not got 2 °C warmer in" in reason
    assert f"it is at 21 °C and is to reach {target_c:g} °C" in reason


def test_a_rise_that_ends_half_way_stops_the_run():
    reason, at = look(hotend=warming(210.0, 3, 40) + [(140.0, 210.0)] * 1_000)
    assert "the hot end has not got 2 °C warmer" in reason
    assert at < 170


@pytest.mark.parametrize(("name", "watch"), [("hotend", HOTEND), ("bed", BED)])
def test_a_fall_that_stays_stops_the_run(name, watch):
    falling = [(max(100 - n / 2, 30.0), 100.0) for n in range(1_000)]
    reason, at = look(**{name: [(100.0, 100.0)] * 50 + falling})
    assert "had reached 100 °C and has been far below it" in reason
    assert 100 + watch.fall_for_s < at < 100 + watch.fall_for_s + 80


@pytest.mark.parametrize(
    ("readings", "words"),
    [
        ([(-20.0, 200.0)] * 2, "the hot end reads -20 °C"),
        ([(280.0, 0.0)] * 2, "reads 280 °C, its limit is 260 °C"),
        ([(205.0, 205.0)] * 9 + [(40.0, 205.0)] * 2, "jumped from 205 to 40 °C"),
        ([(205.0, 205.0)] * 9 + [(255.0, 205.0), (256.0, 205.0)], "jumped from 205 to 255 °C"),
    ],
    ids=["open", "above", "down", "up"],
)
def test_a_reading_that_cannot_be_stops_the_run_once_it_is_repeated(readings, words):
    reason, at = look(hotend=readings)
    assert words in reason
    assert "look at its sensor" in reason
    assert at == (len(readings) - 1) * 2.0


def test_both_are_told_of():
    reason, _ = look(hotend=[(-20.0, 200.0)] * 2, bed=[(200.0, 60.0)] * 2)
    assert "the hot end reads" in reason
    assert "the bed reads" in reason
