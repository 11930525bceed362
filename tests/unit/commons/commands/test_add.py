import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from commons.cli import main

KNOB = Path(__file__).parents[4] / "designs" / "knob"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """`commons add …` with a home of its own."""
    monkeypatch.setenv("COMMONS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return lambda *words: CliRunner().invoke(main, ["add", *map(str, words)])


def test_a_folder_is_added_once(run):
    first, again = run(KNOB, "--json"), run(KNOB, "--json")
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert json.loads(first.output)["designs"][0]["new"]
    assert not json.loads(again.output)["designs"][0]["new"]
    assert run(KNOB).output == "knob: revision 1 (unchanged)\n"


def test_of_several_one_that_cannot_be_read_keeps_all_out(run, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("width = (")
    refused = run(KNOB, broken, "--licence", "CC0-1.0")
    assert refused.exit_code == 1
    assert "broken.py" in refused.output
    assert "(unchanged)" not in run(KNOB).output


def test_an_unknown_owner_is_said_so_in_one_line(run):
    refused = run(KNOB, "--owner", "nobody")
    assert refused.exit_code == 1
    assert refused.output == "Error: Nobody here is called “nobody”.\n"
