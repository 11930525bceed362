"""`commons check`, as typed, with a forge whose outcomes are known."""

import json
import sqlite3
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from commons.cli import main
from commons.config import Config
from commons.db import Database
from fabrication.errors import KernelCrashed, TookTooLong
from tests.unit.fabrication.geometry.feasible.oracle_forge import OracleForge

SCRIPT = "a = 6.0  # [0:0.5:10] mm  First\nb = 5.0  # [0:0.5:10] mm  Second"


@pytest.fixture
def forge() -> OracleForge:
    return OracleForge(lambda values: "" if values["a"] < values["b"] else f"a of {values['a']} must be below b")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COMMONS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hook.py").write_text(SCRIPT)
    return tmp_path / "home"


@pytest.fixture
def run(home, forge, monkeypatch):
    @contextmanager
    def this_forge(_config):
        yield forge

    monkeypatch.setattr("commons.commands.check.a_forge", this_forge)
    return lambda *words: CliRunner().invoke(main, ["check", *words])


def test_the_authors_words_come_with_their_line_and_what_would_mend_it(run):
    result = run("hook.py")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0] == "hook.py does not build with its author's values: line 7: a of 6.0 must be below b"
    assert lines[1].startswith("40 sets of values tried, ")
    assert " × line 7: a of … must be below b" in lines[2]
    assert "  Known to fail from 5 mm on, with the rest as the author has it: a of … must be below b" in lines
    assert "  Known to fail up to 6 mm, with the rest as the author has it: a of 6.0 must be below b" in lines


def test_where_the_authors_values_run_into_a_limit_no_others_are_tried(run, forge):
    forge.oracle = lambda values: TookTooLong("stopped: it ran longer than 120 s")
    result = run("hook.py", "--samples", "3")
    assert result.exit_code == 1
    assert len(forge.tried) == 1
    assert "ran longer than 120 s" in result.output
    assert "Others were not tried" in result.output
    assert "1 set of values tried" in result.output


def test_as_json(run):
    said = json.loads(run("hook.py", "--json", "--samples", "30").output)
    assert (said["ok"], said["own"]["line"], said["tried"], said["parts"]) == (False, 7, 30, [])
    assert said["own_fault"] == "a of 6.0 must be below b"
    assert {mark["parameter"] for mark in said["marks"]} == {"a", "b"}
    assert said["errors"][0]["line"] == 7


def test_a_body_that_cannot_be_inspected_is_said_and_the_rest_goes_on(run, tmp_path, forge):
    (tmp_path / "hook.py").write_text(SCRIPT.replace("6.0", "4.0"))
    forge.inspection = KernelCrashed("the geometry kernel crashed on a = 4.0, b = 5.0 (SIGSEGV)")
    lines = run("hook.py", "--samples", "9").output.splitlines()
    assert lines.pop(2).startswith("    solid throughout it is 1.24 g of PLA, 1.27 g of PETG, 1.04 g of ABS, ")
    assert lines[:3] == [
        "hook.py builds with its author's values:",
        "  body: 10.0 × 10.0 × 10.0 mm, 1.00 cm³, valid",
        "  not inspected: the geometry kernel crashed on a = 4.0, b = 5.0 (SIGSEGV)",
    ]
    assert lines[3].startswith("9 sets of values tried, ")
    result = run("hook.py", "--samples", "9", "--json")
    said = json.loads(result.output)
    assert (result.exit_code, said["ok"], said["parts"][0]["findings"]) == (0, True, None)
    assert said["not_inspected"].endswith("(SIGSEGV)")
    assert said["parts"][0]["mass_g"]["aluminium 6061"] == pytest.approx(2.7)


def test_where_there_is_no_commons_none_is_made(run, home):
    run("hook.py", "--samples", "3")
    assert not (home / "commons.db").exists()


def test_a_commons_remembers_what_was_tried(run, home, forge):
    database = Database(Config.from_environment().database_url)
    database.migrate()
    database.dispose()
    first = run("hook.py", "--samples", "10").output
    assert len(forge.tried) == 10
    assert run("hook.py", "--samples", "10").output == first
    assert len(forge.tried) == 10
    run("hook.py", "--samples", "15")
    assert len(forge.tried) == 15


def test_a_database_of_something_else_is_left_alone(run, home, forge):
    home.mkdir()
    sqlite3.connect(home / "commons.db").close()
    assert run("hook.py", "--samples", "3").exit_code == 1
    assert len(forge.tried) == 3


def test_a_database_that_does_not_answer_is_one_clear_line(home, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://ada:secret@127.0.0.1:1/commons")
    result = CliRunner().invoke(main, ["check", "hook.py"])
    assert result.exit_code == 1
    assert result.output.startswith(
        "Error: DATABASE_URL: the database postgresql+psycopg://ada:***@127.0.0.1:1/commons"
    )
    (tmp_path / "notes.txt").write_text("no database, but a text that is long enough to be looked into\n" * 9)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'notes.txt'}")
    assert "file is not a database" in CliRunner().invoke(main, ["check", "hook.py"]).output


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["no-such-design"], 2, "no-such-design is no file, no folder and no shipped design"),
        (["hook.py", "--samples", "0"], 2, "0 is not in the range"),
        (["hook.py", "--samples", "many"], 2, "'many' is not a valid integer"),
        (["broken.py"], 1, "Error: line 1: "),
        ([], 2, "Missing argument 'SOURCE'"),
    ],
)
def test_bad_input_is_one_clear_line_and_starts_no_forge(home, tmp_path, words, code, says):
    (tmp_path / "broken.py").write_text("width = (")
    result = CliRunner().invoke(main, ["check", *words])
    assert result.exit_code == code
    assert says in result.output
    assert "Traceback" not in result.output
