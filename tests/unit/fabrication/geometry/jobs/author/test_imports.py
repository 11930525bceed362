import subprocess
import sys

import pytest

from fabrication.geometry.jobs.author import imports


@pytest.mark.parametrize(
    "name", ["math", "os.path", "cadquery", "cadquery.func", "OCP.gp", "numpy", "bd_warehouse.thread"]
)
def test_what_designs_may_import(name):
    assert imports.refusal(name) is None


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("requests", "a file that it needs is put beside design.py"),
        ("urllib.request", "designs cannot import urllib: a design has no network"),
        ("subprocess", "in one process"),
        ("pandas", "csv or numpy.loadtxt"),
        ("matplotlib.pyplot", "show_object"),
        ("trimesh", "import_mesh"),
        ("cq_warehouse.fastener", "bd_warehouse"),
        ("unheard_of", "there are cadquery, numpy, build123d, bd_warehouse"),
    ],
)
def test_what_they_may_not_and_what_there_is_instead(name, instead):
    assert instead in imports.refusal(name)


def test_the_tables_do_not_contradict_each_other():
    allowed = imports.PYTHON | imports.LIBRARIES.keys() | imports.PLUGINS.keys() | imports.VIEWERS
    refused = [name for names in imports.INSTEAD.values() for name in names.split()]
    assert len(refused) == len(set(refused))
    assert not allowed & set(refused)
    assert sys.stdlib_module_names >= imports.PYTHON


def test_the_tables_are_to_be_had_without_the_kernel():
    code = (
        "import fabrication.geometry.jobs.author.imports, sys; print('cadquery' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
