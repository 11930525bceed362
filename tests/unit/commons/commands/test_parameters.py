import json
import zipfile

import pytest
from click.testing import CliRunner

from commons.cli import main

SCRIPT = """import cadquery as cq
# [Holes]
holes = (3, 5, 8)  # [1:0.5:20] mm  Hole diameters
at = [-1, 2]
# What it stands on
foot = (4.5,)      # [:9]
# [Global]
label = "a"        # 5
describe_parameter(at, "Where it stands")
raise SystemExit("never run")
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "plate.py").write_text(SCRIPT)
    return lambda *words: CliRunner().invoke(main, ["parameters", *words, str(tmp_path / "plate.py")])


def test_rows_are_listed_with_what_each_number_may_be(run):
    assert [" ".join(line.split()) for line in run().output.splitlines()] == [
        "[Holes]",
        "holes = 3, 5, 8 mm 3 numbers, each between 1 and 20 mm; steps of 0.5 mm; Hole diameters",
        "at = -1, 2 2 numbers, each a whole number; Where it stands",
        "foot = 4.5 1 number at most 9; What it stands on",
        'label = "a" text, at most 5 characters',
    ]


def test_the_schema_is_named_for_the_script(run):
    schema = json.loads(run("--json").output)
    assert schema["title"] == "plate"
    assert schema["properties"]["at"]["default"] == [-1, 2]


def test_a_design_of_the_catalogue_goes_by_its_slug(tmp_path, monkeypatch):
    monkeypatch.setenv("COMMONS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def ask(slug):
        return CliRunner().invoke(main, ["parameters", slug])

    assert "no file, no folder and no shipped design" in ask("coat-hook").output
    (tmp_path / "coat-hook.py").write_text("width = 5.0  # [1:9] mm\nshow_object(width)\n")
    added = CliRunner().invoke(main, ["add", "--untried", "--licence", "MIT", str(tmp_path / "coat-hook.py")])
    assert added.exit_code == 0, added.output
    monkeypatch.chdir(tmp_path)
    assert " ".join(ask("coat-hook").output.split()) == "width = 5 mm between 1 and 9 mm"
    missing = ask("hat-hook")
    assert missing.exit_code == 2
    assert f"nor in the catalogue at {tmp_path / 'home'}" in missing.output


def test_a_script_that_cannot_be_read_is_said_so_with_its_line(tmp_path):
    (tmp_path / "bad.py").write_text("a = 1\nb = (1, 50)  # [0:9] mm\n")
    result = CliRunner().invoke(main, ["parameters", str(tmp_path / "bad.py")])
    assert result.exit_code == 1
    assert result.output == "Error: line 2: b: its own value 50 is not between 0 and 9 mm\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("teeth = 18  # [6:40]  Teeth", "teeth = 18 a whole number between 6 and 40; Teeth"),
        ("wall = 2.0  # [1:0.25:4] mm", "wall = 2 mm between 1 and 4 mm; steps of 0.25 mm"),
        ("import cadquery", "design.py has no parameters"),
    ],
)
def test_whole_numbers_steps_and_having_none_are_said(tmp_path, monkeypatch, line, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "design.py").write_text(line + "\n")
    result = CliRunner().invoke(main, ["parameters", "design.py"])
    assert (result.exit_code, " ".join(result.output.split())) == (0, says)


def test_a_zip_of_a_folder_is_a_design_too(tmp_path):
    with zipfile.ZipFile(tmp_path / "plate.zip", "w") as archive:
        archive.writestr("plate/design.py", SCRIPT)
    result = CliRunner().invoke(main, ["parameters", str(tmp_path / "plate.zip")])
    assert result.output.startswith("[Holes]")
    with zipfile.ZipFile(tmp_path / "plate.zip", "w") as archive:
        archive.writestr("notes.txt", "none")
    refused = CliRunner().invoke(main, ["parameters", str(tmp_path / "plate.zip")])
    assert refused.exit_code == 2
    assert "there is no design.py at the top of this zip" in refused.output
