"""A design's region, found by the real forge, as `commons check` says it."""

import json
import re

import pytest
from click.testing import CliRunner

from commons.cli import main
from commons.stack.processes import wait_until
from fabrication.errors import Superseded
from fabrication.geometry.feasible.tries import try_out
from fabrication.recipes import Source

SCRIPT = """import cadquery as cq
wall = 3.0    # [1:0.5:6] mm  Wall
groove = 2.0  # [0.5:0.5:5] mm  Groove
edge = 0.5    # [0:0.5:3] mm  Rounding
if wall <= groove:
    raise ValueError(f"a wall of {wall:g} mm must be thicker than the groove")
block = cq.Workplane().box(20, 10, wall).faces(">Z").workplane().rect(30, 2).cutBlind(-groove)
show_object(block.edges("|Z").fillet(edge) if edge else block, name="block")
"""


@pytest.fixture
def run(forge, tmp_path, monkeypatch):
    monkeypatch.setenv("COMMONS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FORGE_SOCKET", str(forge._socket))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "groove.py").write_text(SCRIPT)
    return lambda *words: CliRunner().invoke(main, ["check", *words])


def test_a_script_is_built_inspected_and_tried(run):
    result = run("groove.py", "--samples", "24", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    (part,) = said["parts"]
    assert (part["name"], part["size_mm"], part["valid"]) == ("block", [20, 10, 3], True)
    walls = {(mark["low"], mark["high"]) for mark in said["marks"] if mark["parameter"] == "wall"}
    assert (1, 2) in walls
    (grooves,) = {
        (mark["low"], mark["high"]) for mark in said["marks"] if mark["parameter"] == "groove" and not mark["always"]
    }
    assert grooves == (3, 5)
    assert all(
        error["line"] == 6 for error in said["errors"] if error["outcome"] == "refused" and "wall" in error["words"]
    )


def test_in_words(run, tmp_path):
    result = run("groove.py", "--samples", "14")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("groove.py builds with its author's values:\n  block: 20.0 × 10.0 × 3.0 mm, ")
    assert re.search(r"line 6: a wall of .* mm must be thicker than the groove", result.output)
    (tmp_path / "groove.py").write_text("raise ValueError('never')")
    failed = run("groove.py", "--samples", "2")
    assert failed.exit_code == 1
    assert failed.output.startswith("groove.py does not build with its author's values: line 1: never")


def test_a_try_gives_way_and_is_gone(forge):
    with pytest.raises(Superseded, match="somebody else needs the forge"):
        try_out(forge, Source("while True:\n    pass"), {}, background=True, give_way=lambda: True)
    wait_until(lambda: forge.health().running == 0, "the forge to be idle")
