"""An author's script, run as the confined child runs it: what it shows, and what it is told when it fails."""

import pytest

from fabrication.errors import ScriptFailed
from fabrication.geometry.jobs.files import part_name
from fabrication.geometry.jobs.script import run_script

BOX = "import cadquery as cq\nwidth = 10.0  # [1:50] mm\nbox = cq.Workplane().box(width, 10, 10)\n"


def volumes(script, **values):
    return {name: round(shape.Volume(), 3) for name, shape in run_script(script, values).items()}


def test_values_reach_the_script():
    script = BOX + "show_object(box, name='box')"
    assert volumes(script) == {"box": 1000.0}
    assert volumes(script, width=20.0) == {"box": 2000.0}


@pytest.mark.parametrize(
    "shown",
    [
        "box",
        "box.val()",
        "cq.Assembly().add(box)",
        "cq.Workplane().rarray(20, 1, 1, 1).box(10, 10, 10, combine=False)",
        "cq.Compound.makeCompound([box.val()])",
    ],
)
def test_whatever_holds_solids_can_be_shown(shown):
    assert volumes(f"{BOX}show_object({shown}, name='x', options={{'color': 'red'}})") == {"x": 1000.0}


def test_several_solids_are_one_part():
    script = "import cadquery as cq\nshow_object(cq.Workplane().rarray(20, 1, 3, 1).box(1, 1, 1, combine=False))"
    assert volumes(script) == {"part": 3.0}


def test_names_are_made_fit_and_different():
    script = BOX + "show_object(box, name='../a')\nshow_object(box, 'a')\nshow_object(box)\nshow_object(box, name=3)"
    assert list(run_script(script, {})) == ["a", "a 2", "part", "part 2"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Lid_1 b-2", "Lid_1 b-2"),
        ("<script>", "script"),
        ("größe", "gr-e"),
        ("", "part"),
        ("...", "part"),
        (None, "part"),
        ("x" * 99, "x" * 40),
        ("a\nb", "a-b"),
    ],
)
def test_part_names(given, name):
    assert part_name(given) == name
    assert part_name(name) == name


def test_a_script_may_use_what_scripts_use():
    script = (
        "from dataclasses import dataclass\nimport math\n@dataclass\nclass Size:\n    x: float\n"
        "def make(size):\n    return cq.Workplane().box(size.x, 1, 1)\n"
        "debug(3)\nif __name__ == '__cqgi__':\n    show_object(make(Size(math.sqrt(4))))"
    )
    assert volumes(script) == {"part": 2.0}


@pytest.mark.parametrize(
    ("script", "line", "words"),
    [
        ("x = 1\nraise ValueError('the wall is  too thin')", 2, "the wall is too thin"),
        ("class TooThin(ValueError): pass\nraise TooThin('no')", 2, "no"),
        ("def f():\n    raise ValueError('deep')\n\nf()", 2, "deep"),
        ("x = 1 / 0", 1, "ZeroDivisionError: division by zero"),
        ("y = undefined", 1, "NameError: name 'undefined' is not defined"),
        ("import no_such_module", 1, "No module named 'no_such_module' (designs may import"),
        ("open('/nowhere/at/all')", 1, "designs can neither open files"),
        ("raise SystemExit(0)", 1, "the script ended itself"),
        ("x = 3\nexit()", 2, "the script ended itself"),
        ("def f(): f()\nf()", 1, "calls itself without end"),
        ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
        ("class E(Exception):\n    def __str__(self): raise self\nraise E", 3, "E"),
        ("x = (", 1, "never closed"),
        ("x = 1", None, "the script shows nothing"),
        ("show_object(3)", 1, "not int"),
        ("show_object(cq.Workplane().rect(1, 1))", 1, "holds no solid"),
        ("show_object(cq.Workplane())", 1, "holds no solid"),
        (
            "box = cq.Workplane().box(1, 1, 1)\nbox = box.edges().fillet(3)",
            2,
            "the geometry kernel could not do this (StdFail_NotDone): a fillet, chamfer",
        ),
        ("for i in range(99): show_object(cq.Workplane().box(1, 1, 1))", 1, "at most 32 parts"),
    ],
)
def test_errors_come_with_the_authors_line_and_words(script, line, words):
    with pytest.raises(ScriptFailed) as caught:
        run_script(script, {})
    assert caught.value.line == line
    assert words in caught.value.message
    assert "Traceback" not in caught.value.message


def test_what_a_limit_stopped_is_left_to_the_forge():
    with pytest.raises(MemoryError):
        run_script("raise MemoryError", {})
