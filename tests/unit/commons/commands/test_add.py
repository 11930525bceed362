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
    return lambda *words: CliRunner().invoke(main, ["add", "--untried", *map(str, words)])


def test_a_folder_is_added_once(run):
    first, again = run(KNOB, "--json"), run(KNOB, "--json")
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert json.loads(first.output)["designs"][0]["new"]
    assert not json.loads(again.output)["designs"][0]["new"]
    assert run(KNOB).output.endswith(":\nknob: revision 1 (unchanged)\n")


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


def test_an_older_state_added_again_says_which_stays_shown(run, tmp_path):
    script = tmp_path / "hook.py"
    script.write_text("width = 1.0")
    run(script, "--licence", "CC0-1.0")
    script.write_text("width = 2.0")
    assert run(script, "--licence", "CC0-1.0").output.endswith(":\nhook: revision 2\n")
    script.write_text("width = 1.0")
    again = run(script, "--licence", "CC0-1.0")
    assert again.exit_code == 0
    assert "hook: revision 1 was here already; revision 2 is newer and stays shown" in again.output


def test_a_date_in_a_manifest_is_said_so_in_one_line(run, tmp_path):
    folder = tmp_path / "hook"
    folder.mkdir()
    (folder / "design.py").write_text("width = 1.0")
    (folder / "okh.toml").write_text((KNOB / "okh.toml").read_text() + "\n[a]\nmade = 2024-05-01\n")
    refused = run(folder)
    assert refused.exit_code == 1
    assert "a.made is a date or time" in refused.output
    assert len(refused.output.splitlines()) == 1
