import hashlib

import pytest

from fabrication.recipes import Source, engine, engine_of, geometry_key, key_of, program_key


def test_a_source_is_named_by_the_hash_of_its_script():
    assert Source("a = 1\n").sha256 == hashlib.sha256(b"a = 1\n").hexdigest()


def test_the_order_of_values_does_not_matter():
    source = Source("")
    assert geometry_key("build", source, {"a": 1.0, "b": 2.0}) == geometry_key("build", source, {"b": 2.0, "a": 1.0})


@pytest.mark.parametrize(
    ("kind", "script", "values", "options"),
    [
        ("preview", "x = 1", {"x": 1.0}, {}),
        ("build", "x = 2", {"x": 1.0}, {}),
        ("build", "x = 1", {"x": 1.5}, {}),
        ("build", "x = 1", {"x": True}, {}),
        ("build", "x = 1", {"x": "1.0"}, {}),
        ("build", "x = 1", {"x": 1.0}, {"part": "lid"}),
    ],
)
def test_any_difference_in_the_recipe_is_another_key(kind, script, values, options):
    assert geometry_key(kind, Source(script), values, **options) != geometry_key("build", Source("x = 1"), {"x": 1.0})


def test_the_kernel_and_the_forge_are_part_of_the_recipe(monkeypatch):
    before = geometry_key("build", Source(""), {})
    assert "OCP" in engine()
    monkeypatch.setattr("fabrication.recipes.engine", lambda: "another kernel")
    assert geometry_key("build", Source(""), {}) != before


def test_numbers_without_a_canonical_form_are_no_recipe():
    with pytest.raises(ValueError, match="JSON"):
        key_of({"x": float("nan")})


PROGRAM = {
    "geometry_key": "0" * 64,
    "part": "base",
    "profile_sha256": "1" * 64,
    "material": "PLA",
    "settings": {"walls": 3},
    "slicer_version": "2.5.0",
    "gate_version": "1",
}


@pytest.mark.parametrize("field", PROGRAM)
def test_a_program_is_named_by_everything_that_decides_it(field):
    changed = PROGRAM | {field: {"walls": 4} if field == "settings" else "other"}
    assert program_key(**changed) != program_key(**PROGRAM)


def test_another_version_of_a_plugin_is_another_engine():
    engines = [engine_of("2.8", "7.9", {"build123d": plugin}) for plugin in ("0.12.0", "0.13.0", None)]
    assert len(set(engines)) == 3
    assert "no plugins" in engines[2]
    assert len(engine()) <= 120, "as much as a sample's column holds"
