"""Every shipped design at its defaults, at each limit of each parameter, at all limits together and at random values.

What is built is valid and ready to print; what is refused is refused in the author's own words.
"""

import ast
import random
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from fabrication.errors import ScriptFailed
from fabrication.geometry.jobs.author.imports import refusal
from fabrication.geometry.jobs.author.script import run_script
from fabrication.geometry.jobs.meshes import mesh_of
from fabrication.geometry.parameters import canonical_values, read_parameters

DESIGNS = Path(__file__).parents[3] / "designs"
SLUGS = sorted(path.parent.name for path in DESIGNS.glob("*/design.py"))
BED_MM = 220.0
RANDOM_SETS = 8

REQUIRED = {"okhv", "name", "repo", "license", "licensor", "function"}
OPTIONAL = {
    "version", "release", "organization", "readme", "contribution-guide", "image", "documentation-language",
    "technology-readiness-level", "documentation-readiness-level", "attestation", "publication",
    "standard-compliance", "cpc-patent-class", "tsdc", "bom", "manufacturing-instructions", "user-manual", "source",
    "export", "auxiliary", "mass", "outer-dimensions", "forkOf", "part",
}  # fmt: skip
PART = {"name", "source", "export", "auxiliary", "image", "tsdc", "mass", "outer-dimensions"}


@cache
def script(slug):
    return (DESIGNS / slug / "design.py").read_text()


def low_and_high(parameter):
    match parameter.kind:
        case "number" | "integer":
            return parameter.minimum, parameter.maximum
        case "boolean":
            return False, True
        case "choice":
            return parameter.choices[0].value, parameter.choices[-1].value
    return "", "x" * parameter.max_length


def at_random(parameter, dice):
    match parameter.kind:
        case "number":
            return round(dice.uniform(parameter.minimum, parameter.maximum), 3)
        case "integer":
            return dice.randint(int(parameter.minimum), int(parameter.maximum))
        case "boolean":
            return dice.random() < 0.5
        case "choice":
            return dice.choice(parameter.choices).value
    return "x" * dice.randint(0, parameter.max_length)


def value_sets(slug):
    parameters = read_parameters(script(slug))
    yield "defaults", {}
    for index, end in enumerate(("lowest", "highest")):
        yield f"all {end}", {each.name: low_and_high(each)[index] for each in parameters}
        for each in parameters:
            yield f"{end} {each.name}", {each.name: low_and_high(each)[index]}
    dice = random.Random(slug)
    for number in range(RANDOM_SETS):
        yield f"random {number}", {each.name: at_random(each, dice) for each in parameters}


CASES = [pytest.param(slug, values, id=f"{slug}: {name}") for slug in SLUGS for name, values in value_sets(slug)]


@cache
def outcome(slug, values):
    """The parts, or how the script failed; each set of values is built once."""
    try:
        canonical = canonical_values(read_parameters(script(slug)), dict(values))
        return {name: body.shape for name, body in run_script(script(slug), canonical, DESIGNS / slug).items()}
    except ScriptFailed as failed:
        return failed


def parts_of(slug, values):
    return outcome(slug, tuple(sorted(values.items())))


@pytest.mark.parametrize(("slug", "values"), CASES)
def test_what_is_built_is_valid_and_what_is_refused_says_why(slug, values):
    parts = parts_of(slug, values)
    if isinstance(parts, ScriptFailed):
        raised_at = script(slug).splitlines()[parts.line - 1].strip()
        assert raised_at.startswith("raise ValueError"), parts
        assert values, "the defaults must build"
        return
    boxes = []
    for shape in parts.values():
        assert shape.isValid()
        assert len(shape.Solids()) == 1
        assert shape.Volume() > 0
        box = shape.BoundingBox()
        assert box.zmin == pytest.approx(0, abs=1e-5), "each part stands on the bed"
        boxes.append(box)
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            assert one.xmax < other.xmin or other.xmax < one.xmin or one.ymax < other.ymin or other.ymax < one.ymin


@pytest.mark.parametrize("slug", SLUGS)
def test_most_values_build(slug):
    """A design whose limits refuse nearly everything is no parametric design: each parameter's own limits work."""
    single = [values for name, values in value_sets(slug) if len(values) == 1]
    failed = sum(isinstance(parts_of(slug, values), ScriptFailed) for values in single)
    assert failed <= len(single) / 3


@pytest.mark.parametrize("slug", SLUGS)
def test_the_defaults_print_without_supports(slug):
    parts = parts_of(slug, {})
    boxes = [shape.BoundingBox() for shape in parts.values()]
    assert max(box.xmax for box in boxes) - min(box.xmin for box in boxes) <= BED_MM
    assert max(box.ymax for box in boxes) - min(box.ymin for box in boxes) <= BED_MM
    for shape in parts.values():
        mesh = mesh_of(shape, 0.05, 0.2)
        a, b, c = (mesh.corners[mesh.triangles[:, corner]] for corner in range(3))
        across = np.cross(b - a, c - a)
        area = np.linalg.norm(across, axis=1) / 2
        downwards = across[:, 2] / np.maximum(2 * area, 1e-12) < -0.75
        on_bed = np.maximum.reduce([a[:, 2], b[:, 2], c[:, 2]]) < 1e-5
        hanging, resting = area[downwards & ~on_bed].sum(), area[on_bed].sum()
        assert resting > 0
        assert hanging < 0.15 * resting, "short bridges alone"


@pytest.mark.parametrize("slug", SLUGS)
def test_the_manifest_is_open_know_how(slug):
    manifest = tomllib.loads((DESIGNS / slug / "okh.toml").read_text())
    assert manifest["okhv"] == "2.4"
    assert REQUIRED <= manifest.keys() <= REQUIRED | OPTIONAL
    for file in [manifest["readme"], *manifest["source"]]:
        assert (DESIGNS / slug / file).is_file()
    for part in manifest.get("part", []):
        assert part.keys() <= PART
    assert [part["name"] for part in manifest.get("part", [])] in ([], list(parts_of(slug, {})))


@pytest.mark.parametrize("slug", SLUGS)
def test_designs_import_what_the_forge_has(slug):
    imported = set()
    for node in ast.walk(ast.parse(script(slug))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    assert [refusal(module) for module in imported] == [None] * len(imported)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_parameter_is_described(slug):
    for parameter in read_parameters(script(slug)):
        assert parameter.group
        assert parameter.description or parameter.choices
        assert parameter.kind != "number" or parameter.unit


def test_the_designs_are_there():
    assert SLUGS == ["knob", "pipe-clamp", "raspberry-pi-case"]
