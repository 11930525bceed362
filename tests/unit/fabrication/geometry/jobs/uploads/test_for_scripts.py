import cadquery as cq
import numpy as np
import pytest

from fabrication.errors import ScriptFailed
from fabrication.geometry.jobs.author.script import run_script
from fabrication.geometry.jobs.bodies import is_mesh
from fabrication.geometry.jobs.uploads.for_scripts import import_mesh, import_step


@pytest.fixture
def folder(tmp_path, monkeypatch, cube, files):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cq.Shape, "_apply_transform", cq.Shape._apply_transform)  # put back what a mesh teaches it
    monkeypatch.setattr(cq.Shape, "_bool_op", cq.Shape._bool_op)
    (tmp_path / "lib").mkdir()
    cq.exporters.export(cq.Workplane().box(10, 20, 30), "lib/parent.step")
    (tmp_path / "cube.stl").write_bytes(files.stl(cube.corners, cube.triangles))
    (tmp_path / "open.obj").write_bytes(files.obj(cube.corners, cube.quads[1:]))
    return tmp_path


def test_a_step_is_a_parent_that_can_be_cut(folder):
    drilled = import_step("lib/parent.step").faces(">Z").workplane().hole(4)
    assert drilled.val().Volume() == pytest.approx(6000 - 30 * np.pi * 4, rel=1e-6)


def test_a_closed_mesh_can_be_cut_too(folder):
    assert import_mesh("cube.stl").faces(">Z").workplane(centerOption="CenterOfMass").hole(4).val().isValid()


def test_an_open_mesh_moves_with_its_triangles(folder):
    mesh = import_mesh("open.obj")
    assert is_mesh(mesh.val())
    moved = mesh.translate((100, 0, 0)).rotate((0, 0, 0), (0, 0, 1), 90)
    box = moved.val().BoundingBox()
    assert (box.ymin, box.ymax, box.xmax) == pytest.approx((100, 110, 0), abs=1e-6)
    assert moved.val().scale(2).BoundingBox().ymax == pytest.approx(220)
    assert mesh.mirror("YZ").val().BoundingBox().xmin == pytest.approx(-10)
    assert mesh.val().moved(cq.Location((5, 0, 0))).BoundingBox().xmin == pytest.approx(5)


def test_cutting_an_open_mesh_is_refused_in_words(folder):
    mesh, box = import_mesh("open.obj"), cq.Workplane().box(5, 5, 5)
    for attempt in (lambda: mesh.cut(box), lambda: box.cut(mesh), lambda: box.union(mesh), lambda: box.intersect(mesh)):
        with pytest.raises(ValueError, match="can be moved and shown, but not cut or joined"):
            attempt()
    assert box.cut(cq.Workplane().box(1, 1, 9)).val().isValid()
    assert box.translate((1, 0, 0)).val().isValid()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: import_step("no.step"), r"no file 'no.step' beside the script; there is lib/parent.step"),
        (lambda: import_mesh("no.3mf"), r"there is cube.stl, open.obj"),
        (lambda: import_step("cube.stl"), r"opens .step, .stp, not 'cube.stl'; import_mesh may be what you mean"),
        (lambda: import_mesh("lib/parent.step"), "import_step may be what you mean"),
        (lambda: import_mesh("/etc/passwd"), "by their name alone, not '/etc/passwd'"),
        (lambda: import_step("../parent.step"), "by their name alone"),
        (lambda: import_step("lib/../../parent.step"), "by their name alone"),
        (lambda: import_step("a\0.step"), "by their name alone"),
        (lambda: import_step(4), "takes the name of a file"),
        (lambda: import_step("lib"), "opens .step, .stp"),
    ],
)
def test_what_cannot_be_opened_is_said(folder, call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_where_there_is_none_that_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"there is none that ends in \.step, \.stp"):
        import_step("a.step")


def test_a_script_shows_what_it_opened_and_fails_with_its_line(folder):
    parts = run_script('show_object(import_mesh("open.obj").translate((1, 0, 0)), name="cube")', {}, folder)
    assert parts["cube"].shape.BoundingBox().xmin == pytest.approx(1)
    (folder / "bad.stl").write_bytes(b"x")
    with pytest.raises(ScriptFailed, match=r"line 2: bad.stl: it is no STL"):
        run_script('\nimport_mesh("bad.stl")', {}, folder)
