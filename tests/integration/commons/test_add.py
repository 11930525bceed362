"""`commons add` tries a design in the real forge before it is in the catalogue."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from commons.cli import main
from commons.db import Database

KNOB = Path(__file__).resolve().parents[3] / "designs" / "knob"


@pytest.fixture
def add(tmp_path, monkeypatch, forge):
    """`commons add …` with a home of its own, in the tests' forge; and what is in the catalogue afterwards."""
    monkeypatch.setenv("COMMONS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FORGE_SOCKET", str(forge._socket))

    def run(*words: object):
        result = CliRunner().invoke(main, ["add", *map(str, words)])
        database = Database(f"sqlite:///{tmp_path / 'home' / 'commons.db'}")
        with database.engine.connect() as connection:
            slugs = [row.slug for row in connection.exec_driver_sql("SELECT slug FROM design")]
        database.dispose()
        return result, slugs

    return run


def test_what_builds_is_added(add):
    result, slugs = add(KNOB)
    assert result.exit_code == 0, result.output
    assert slugs == ["knob"]


def test_what_does_not_build_is_refused_in_its_authors_words_and_leaves_nothing(add, tmp_path):
    script = tmp_path / "hook.py"
    script.write_text("width = 3.0\nraise ValueError('no hook is that thin')\n")
    result, slugs = add(KNOB, script, "--licence", "CC0-1.0")
    assert result.exit_code == 1
    assert "hook.py cannot be built with its own values: line 2: no hook is that thin" in result.output
    assert slugs == []
