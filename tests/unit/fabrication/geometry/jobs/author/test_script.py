"""An author's script, run as the confined child runs it: what it shows, and what it is told when it fails."""

import builtins
import sys

import pytest

from fabrication.errors import ScriptFailed
from fabrication.geometry.jobs.files import part_name

BOX = "import cadquery as cq\nwidth = 10.0  # [1:50] mm\nbox = cq.Workplane().box(width, 10, 10)\n"


def volumes(parts):
    return {name: round(body.shape.Volume(), 3) for name, body in parts.items()}


def test_values_reach_the_script(run):
    script = BOX + "show_object(box, name='box')"
    assert volumes(run(script)) == {"box": 1000.0}
    assert volumes(run(script, width=20.0)) == {"box": 2000.0}


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


def test_a_script_may_use_what_scripts_use(run):
    script = (
        "from dataclasses import dataclass\nimport math, sys\n@dataclass\nclass Size:\n    x: float\n"
        "def make(size):\n    return cq.Workplane().box(size.x, 1, 1)\n"
        "assert len(sys.argv) == 1\ndebug(3)\nlog('x')\nshow_object(make(Size(math.sqrt(4))), options=rand_color())"
    )
    assert volumes(run(script)) == {"part": 2.0}


@pytest.mark.parametrize(
    "guard",
    [
        "__name__ == '__main__'",
        "__name__ == '__cqgi__'",
        "__name__ in ('temp', '__main__')",
        "'__cq_main__' == __name__",
        "'show_object' in globals()",
    ],
)
def test_scripts_that_ask_who_runs_them(run, guard):
    assert volumes(run(f"{BOX}if {guard}:\n    show_object(box)")) == {"part": 1000.0}


def test_a_result_is_taken_where_nothing_is_shown(run):
    assert volumes(run(BOX + "result = box")) == {"part": 1000.0}
    assert volumes(run(BOX + "result = box\nshow_object(box.faces('>Z').hole(1), name='with hole')")) == {
        "with hole": pytest.approx(1000 - 3.1416 / 4 * 10, abs=0.01)
    }


def test_a_main_function_may_leave_when_all_is_shown(run):
    assert volumes(run(BOX + "import sys\ndef main():\n    show_object(box)\n    return 0\nsys.exit(main())")) == {
        "part": 1000.0
    }


def test_modules_and_data_beside_the_script(run):
    files = {
        "lib/sizes.py": "import csv\ndef sizes(name):\n    with open(name) as file:\n"
        "        return [float(row[1]) for row in csv.reader(file)]\n",
        "table.csv": "x,2\ny,3\nz,4\n",
    }
    script = (
        "from pathlib import Path\nfrom lib.sizes import sizes\nimport cadquery as cq\n"
        "assert (Path(__file__).parent / 'table.csv').exists()\n"
        "show_object(cq.Workplane().box(*sizes('table.csv')))"
    )
    assert volumes(run(script, files)) == {"part": 24.0}
    assert "lib" not in sys.modules
    assert "lib.sizes" not in sys.modules


def test_parameters_are_those_of_the_script_alone(run):
    script = "import cadquery as cq\nimport other\nwidth = 1.0\nresult = cq.Workplane().box(width, other.width, 1)"
    assert volumes(run(script, {"other.py": "width = 7.0\n"}, width=2.0)) == {"part": 14.0}


@pytest.mark.parametrize(
    ("helper", "line", "words"),
    [
        ("def f():\n    raise ValueError('too few teeth')\n", 3, "lib/teeth.py, line 2: too few teeth"),
        ("def f():\n    return 1 / 0\n", 3, "lib/teeth.py, line 2: ZeroDivisionError: division by zero"),
        ("x = 1\ny = (\n", 2, "lib/teeth.py, line 2: this is no Python: '(' was never closed"),
        ("import flask\n", 2, "lib/teeth.py, line 1: designs cannot import flask"),
    ],
)
def test_errors_in_a_module_beside_the_script(run, helper, line, words):
    with pytest.raises(ScriptFailed) as caught:
        run("import math\nfrom lib.teeth import f\nf()", {"lib/teeth.py": helper})
    assert caught.value.line == line
    assert caught.value.message.startswith(words)


def test_a_folder_of_data_may_be_called_like_a_module(run):
    script = "import json\nfrom pathlib import Path\nsides = json.loads(Path('json/sides.json').read_text())\nresult = cq.Workplane().box(*sides)"
    assert volumes(run(script, {"json/sides.json": "[1, 2, 3]"})) == {"part": 6.0}


def test_a_module_called_like_a_loaded_one_is_named(run):
    with pytest.raises(ScriptFailed, match=r"json\.py is called like a module that is loaded already"):
        run("import json", {"json.py": "x = 1"})


@pytest.mark.parametrize(
    ("script", "line", "words"),
    [
        ("x = 1\nraise ValueError('the wall is  too thin')", 2, "the wall is too thin"),
        ("class TooThin(ValueError): pass\nraise TooThin('no')", 2, "no"),
        ("def f():\n    raise ValueError('deep')\n\nf()", 2, "deep"),
        ("x = 1 / 0", 1, "ZeroDivisionError: division by zero"),
        ("y = undefined", 1, "NameError: name 'undefined' is not defined"),
        ("\nimport no_such_module", 2, "designs cannot import no_such_module: there are cadquery, numpy"),
        ("open('/nowhere/at/all')", 1, "there is no folder '/nowhere/at' with this design"),
        ("open('sizes.csv')", 1, "there is no file 'sizes.csv' with this design; nothing lies beside it"),
        ("raise SystemExit(0)", 1, "the script ended itself"),
        ("raise EOFError", 1, "make it a parameter"),
        ("x = 3\nexit()", 2, "the script ended itself"),
        ("import sys\nsys.exit('too wide for the bed')", 2, "too wide for the bed"),
        ("def f(): f()\nf()", 1, "calls itself without end"),
        ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
        ("class E(Exception):\n    def __str__(self): raise self\nraise E", 3, "E"),
        ("x = (", 1, "never closed"),
        ("x = 1", None, 'the script shows nothing; end it with show_object(part, name="part")'),
        ("import cadquery as cq\nlid = cq.Workplane().box(1, 1, 1)", None, 'end it with show_object(lid, name="lid")'),
        ("show_object(3)", 1, "not int"),
        (
            "box = cq.Workplane().box(1, 1, 1)\nbox = box.edges().fillet(3)",
            2,
            "the geometry kernel could not do this (StdFail_NotDone): a fillet, chamfer",
        ),
        ("x = 1\ny = " + "1" * 5000, 2, "a whole number has more digits than can be read"),
        ("x = str(10 ** 5000)", 1, "a whole number has more digits than can be read"),
        (
            "box = cq.Workplane().box(1, 1, 1)\nbox.faces('>Z and >Q')",
            2,
            "CadQuery cannot read '>Z and >Q'; selectors are like",
        ),
        ("for i in range(99): show_object(cq.Workplane().box(1, 1, 1))", 1, "at most 32 parts"),
    ],
)
def test_errors_come_with_the_authors_line_and_words(run, script, line, words):
    with pytest.raises(ScriptFailed) as caught:
        run(script)
    assert caught.value.line == line
    assert words in caught.value.message
    assert "Traceback" not in caught.value.message
    assert "set_int_max" not in caught.value.message
    assert len(caught.value.message) < 400


def test_what_a_limit_stopped_is_left_to_the_forge(run):
    with pytest.raises(MemoryError):
        run("raise MemoryError")


def test_chance_is_the_same_each_time(run):
    script = (
        "import random\nimport numpy as np\nresult = cq.Workplane().box(1 + random.random(), 1 + np.random.rand(), 1)"
    )
    assert volumes(run(script)) == volumes(run(script))


def test_the_process_is_left_as_it_was(run):
    before = builtins.__import__, list(sys.path), list(sys.argv), set(sys.modules), sys.modules["__main__"]
    with pytest.raises(ScriptFailed):
        run("import helper\nimport ocp_vscode\nraise ValueError('no')", {"helper.py": ""})
    assert before == (builtins.__import__, sys.path, sys.argv, set(sys.modules), sys.modules["__main__"])
