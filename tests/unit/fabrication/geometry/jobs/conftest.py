import cadquery as cq
import pytest

from fabrication.geometry.jobs import build

SCRIPT = """
import cadquery as cq
width = 20.0  # [1:50] mm
show_object(cq.Workplane().box(width, 10, 5, centered=(True, True, False)).faces(">Z").hole(4), name="plate")
show_object(cq.Workplane().center(40, 0).cylinder(10, 5).translate((0, 0, 5)), name="pin 2")
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A folder in which `build` has run."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "design.py").write_text(SCRIPT)
    assert build.run({"values": {"width": 30.0}}, folder) == {
        "parts": [{"name": "plate", "colour": None}, {"name": "pin 2", "colour": None}]
    }
    return folder


@pytest.fixture(scope="session")
def shapes(built):
    return [cq.Shape.importBrep(str(built / f"part_{index}.brep")) for index in range(2)]
