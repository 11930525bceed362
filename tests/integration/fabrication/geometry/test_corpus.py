"""Scripts as people write them, in many styles, each through a real forge: its parts are what its last lines say.

The lines of a script that begin with `#:` are TOML: `values` given to it; either `parts`, by name and in order, with
`volume` (mm³, a formula; `within` is the share it may be off by), `size` and `low` (mm: of the bounding box, and its
least corner), `colour` (true: any) and `solids`; or `fails`, with the `line` of design.py and the words it `says`.
"""

import math
import struct
import tomllib
from pathlib import Path

import cadquery as cq
import msgspec
import pytest

from fabrication.errors import ScriptFailed, SourceError
from fabrication.geometry.jobs.files import PREVIEW, part_file
from fabrication.geometry.parameters import canonical_values, read_parameters
from fabrication.recipes import Source, json_values

CORPUS = Path(__file__).parents[3] / "corpus"
SCRIPTS = sorted([*CORPUS.glob("*.py"), *CORPUS.glob("fails/*.py"), *CORPUS.glob("**/design.py")])
EXACT = 1e-6


def source_of(path):
    """A script alone, or with all that lies in its folder."""
    text = path.read_bytes().decode()
    if path.name != "design.py":
        return Source(text)
    beside = [each for each in path.parent.rglob("*") if each.is_file() and "__pycache__" not in each.parts]
    return Source(text, {str(each.relative_to(path.parent)): each.read_bytes() for each in beside if each != path})


def expected_of(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return tomllib.loads("\n".join(line.removeprefix("#:") for line in lines if line.startswith("#:")))


def built(forge, source, given):
    """The claim of each part with its shape, and the preview."""
    values = canonical_values(read_parameters(source.script), given)
    inputs = {"design.py": source.script.encode(), **source.files}
    result = forge.run("build", {"values": json_values(values)}, inputs)
    return result.claim["parts"], result.outputs


def node_names(glb):
    (length,) = struct.unpack_from("<I", glb, 12)
    document = msgspec.json.decode(glb[20 : 20 + length])
    return [node["name"] for node in document["nodes"] if "mesh" in node]


@pytest.mark.parametrize("path", SCRIPTS, ids=[str(path.relative_to(CORPUS)) for path in SCRIPTS])
def test_a_script_makes_what_it_says(forge, tmp_path, path):
    expected, source = expected_of(path), source_of(path)
    if fails := expected.get("fails"):
        with pytest.raises((ScriptFailed, SourceError)) as caught:
            built(forge, source, expected.get("values", {}))
        assert fails["says"] in str(caught.value)
        assert caught.value.line == fails.get("line")
        return
    claimed, outputs = built(forge, source, expected.get("values", {}))
    assert [part["name"] for part in claimed] == list(expected["parts"]) == node_names(outputs[PREVIEW])
    assert len(outputs) == len(claimed) + 1, "nothing but what was asked for"
    for index, (part, wanted) in enumerate(zip(claimed, expected["parts"].values(), strict=True)):
        brep = tmp_path / f"{index}.brep"
        brep.write_bytes(outputs[part_file(index)])
        check(cq.Shape.importBrep(str(brep)), part["colour"], wanted)


def check(shape, colour, wanted):
    box = shape.BoundingBox()
    assert shape.isValid()
    assert len(shape.Solids()) == wanted.get("solids", len(shape.Solids()))
    if "volume" in wanted:
        volume = eval(wanted["volume"], vars(math))  # the corpus is ours
        assert shape.Volume() == pytest.approx(volume, rel=wanted.get("within", EXACT))
    if "size" in wanted:
        assert (box.xlen, box.ylen, box.zlen) == pytest.approx(wanted["size"], abs=0.02)
    if "low" in wanted:
        assert (box.xmin, box.ymin, box.zmin) == pytest.approx(wanted["low"], abs=0.001)
    assert colour is not None if wanted.get("colour") is True else colour == wanted.get("colour")


def test_the_corpus_is_as_varied_as_it_says():
    failing = [path for path in SCRIPTS if "fails" in expected_of(path)]
    assert len(SCRIPTS) - len(failing) >= 40
    assert len(failing) >= 8
    assert all("fails" in expected_of(path) or expected_of(path)["parts"] for path in SCRIPTS)
