import re

import cadquery as cq
import pytest

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.uploads.step import read_step


@pytest.fixture(scope="session")
def text(tmp_path_factory):
    """An assembly: a red box, and the same box again, moved and turned; a ball without colour."""
    path = tmp_path_factory.mktemp("step") / "assembly.step"
    box = cq.Assembly(name="pair")
    box.add(cq.Workplane().box(10, 20, 30), name="box", color=cq.Color("red"))
    box.add(cq.Workplane().sphere(5), name="ball", loc=cq.Location((50, 0, 0)))
    top = cq.Assembly(name="top")
    top.add(box, name="first")
    top.add(box, name="second", loc=cq.Location((0, 0, 100), (1, 0, 0), 90))
    top.export(str(path))
    return path.read_text()


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "model.step"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_step(path)

    return read


def test_names_colours_and_places_of_an_assembly(read, text):
    bodies, notes = read(text)
    assert [(body.name, body.colour) for body in bodies] == [("box", "#ff0000"), ("ball", None)] * 2
    assert notes == []
    assert bodies[2].shape.Center().z == pytest.approx(100)
    assert bodies[2].shape.BoundingBox().ylen == pytest.approx(30)
    assert bodies[3].shape.Center().x == pytest.approx(50)


@pytest.mark.parametrize(
    ("unit", "mm"),
    [("SI_UNIT($,.METRE.)", 10_000), ("SI_UNIT(.CENTI.,.METRE.)", 100), ("SI_UNIT(.MICRO.,.METRE.)", 0.01)],
)
def test_units_are_honoured(read, text, unit, mm):
    bodies, _ = read(re.sub(r"LENGTH_UNIT\(\) NAMED_UNIT\(\*\) SI_UNIT\(\.MILLI\.,\.METRE\.\)",
                            f"LENGTH_UNIT() NAMED_UNIT(*) {unit}", text))  # fmt: skip
    assert bodies[0].shape.BoundingBox().xlen == pytest.approx(mm, rel=1e-3)


def test_inches_are_honoured(read, text):
    inch = "CONVERSION_BASED_UNIT('INCH',#9001) LENGTH_UNIT() NAMED_UNIT(#9003)"
    more = (
        "#9001=LENGTH_MEASURE_WITH_UNIT(LENGTH_MEASURE(25.4),#9002);"
        "#9002=(LENGTH_UNIT() NAMED_UNIT(*) SI_UNIT(.MILLI.,.METRE.));"
        "#9003=DIMENSIONAL_EXPONENTS(1.,0.,0.,0.,0.,0.,0.);\n"
    )
    changed = text.replace("LENGTH_UNIT() NAMED_UNIT(*) SI_UNIT(.MILLI.,.METRE.)", inch)
    at = changed.rindex("ENDSEC;")
    bodies, _ = read(changed[:at] + more + changed[at:])
    assert bodies[0].shape.BoundingBox().xlen == pytest.approx(254)


def exported(shape, tmp_path):
    cq.exporters.export(cq.Workplane().add(shape), str(tmp_path / "shape.step"))
    return (tmp_path / "shape.step").read_bytes()


@pytest.mark.parametrize(
    "shape", [cq.Face.makePlane(2, 2), cq.Edge.makeLine((0, 0, 0), (1, 1, 1)), cq.Solid.makeBox(1, 1, 1).Shells()[0]]
)
def test_surfaces_and_lines_are_refused_kindly(read, tmp_path, shape):
    with pytest.raises(UploadRefused, match=r"it holds surfaces or lines, but no solid\. Export it as a solid body"):
        read(exported(shape, tmp_path))


def test_surfaces_beside_a_solid_are_left_out_and_said(read, tmp_path):
    both = cq.Compound.makeCompound([cq.Solid.makeBox(1, 1, 1), cq.Face.makePlane(2, 2).translate((9, 0, 0))])
    bodies, notes = read(exported(both, tmp_path))
    assert sum(body.shape.Volume() for body in bodies) == pytest.approx(1)
    assert notes == ["1 surfaces or lines that belong to no solid were left out"]


@pytest.mark.parametrize("size", [1e-5, 1e7])
def test_what_is_far_too_small_or_large_is_refused(read, tmp_path, size):
    with pytest.raises(UploadRefused, match="mm"):
        read(exported(cq.Solid.makeBox(size, size, size), tmp_path))


def test_more_bodies_than_are_taken_are_refused(read, tmp_path):
    parts = cq.Assembly()
    for number in range(33):
        parts.add(cq.Workplane().box(1, 1, 1), name=f"box {number}", loc=cq.Location((2 * number, 0, 0)))
    parts.export(str(tmp_path / "many.step"))
    with pytest.raises(UploadRefused, match="more than 32 bodies"):
        read((tmp_path / "many.step").read_bytes())


@pytest.mark.parametrize(
    "data",
    [b"\0" * 100, b"solid", b"ISO-10303-21;", b"ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\nENDSEC;\nEND-ISO-10303-21;"],
)
def test_what_is_no_step_is_refused(read, data):
    with pytest.raises(UploadRefused, match=r"no STEP|no shape"):
        read(data)
