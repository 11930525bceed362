from pathlib import Path

import pytest

from firmware_bridge.text import count, span, tidied, with_reason


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 min"), (89, "1 min"), (91, "2 min"), (3_540, "59 min"), (3_600, "1 h 0 min"), (7_500, "2 h 5 min")],
)
def test_a_span_of_time_is_said_in_hours_and_minutes(seconds, said):
    assert span(seconds) == said


@pytest.mark.parametrize(("number", "said"), [(0, "0 probes"), (1, "1 probe"), (2, "2 probes")])
def test_what_is_counted(number, said):
    assert count(number, "probe") == said


def test_a_reason_is_set_apart_where_there_is_one():
    assert with_reason("lost", "the cable is out") == "lost: the cable is out"
    assert with_reason("finished", "") == "finished"


def test_a_path_loses_its_detours_where_it_leads_to_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f").mkdir()
    assert tidied(Path("f/../part.gcode")) == "part.gcode"
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "link").symlink_to("far/away")
    assert tidied(Path("link/../part.gcode")) == "link/../part.gcode"
