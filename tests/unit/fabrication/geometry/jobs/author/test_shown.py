"""What may be shown, and what becomes of it: parts with names, colours and places."""

import cadquery as cq
import pytest

from fabrication.errors import ScriptFailed

BOX = "import cadquery as cq\nbox = cq.Workplane().box(10, 10, 10)\n"


def shown(parts):
    return {name: (round(body.shape.Volume(), 3), body.colour) for name, body in parts.items()}


@pytest.mark.parametrize(
    "expression",
    [
        "box",
        "box.val()",
        "box.val().wrapped",
        "cq.Assembly().add(box)",
        "[box]",
        "(each for each in [box])",
        "cq.Workplane().rarray(20, 1, 1, 1).box(10, 10, 10, combine=False)",
        "cq.Compound.makeCompound([box.val()])",
    ],
)
def test_whatever_holds_solids_can_be_shown(run, expression):
    parts = run(f"{BOX}show_object({expression}, name='x', options={{'color': 'red', 'alpha': 0.5}})")
    assert shown(parts) == {"x": (1000.0, "#ff0000")}
    assert isinstance(parts["x"].shape, cq.Solid)


def test_several_solids_are_one_part_and_a_list_is_several(run):
    row = "cq.Workplane().rarray(20, 1, 3, 1).box(1, 1, 1, combine=False)"
    assert shown(run(f"import cadquery as cq\nshow_object({row})")) == {"part": (3.0, None)}
    parts = run(f"import cadquery as cq\nshow_object({row}.all(), name='foot')\nshow_object({{'a': {row}}})")
    assert shown(parts) == {"foot": (1.0, None), "foot 2": (1.0, None), "foot 3": (1.0, None), "a": (3.0, None)}


def test_names_are_made_fit_and_different(run):
    script = BOX + "show_object(box, name='../a')\nshow_object(box, 'a')\nshow_object(box)\nshow_object(box, name=3)"
    assert list(run(script)) == ["a", "a 2", "part", "part 2"]


def test_options_may_come_second_as_in_the_gateway(run):
    assert shown(run(BOX + "show_object(box, {'color': (0, 128, 255)}, name='lid')")) == {"lid": (1000.0, "#0080ff")}


ASSEMBLY = """
lid = cq.Workplane().box(1, 1, 1)
case = cq.Assembly(name="case", color=cq.Color(1, 0, 0))
hinge = cq.Assembly(name="hinge", loc=cq.Location((0, 0, 10)), color=cq.Color(0, 0, 1))
hinge.add(lid, name="pin", loc=cq.Location((5, 0, 0))).add(lid, name="leaf", color=cq.Color(0, 1, 0)).add(lid)
case.add(lid, name="lid").add(hinge).add(cq.Edge.makeLine((0, 0, 0), (1, 1, 1)))
show_object(case, name="whole")
"""


def test_each_body_of_an_assembly_is_a_part_placed_and_coloured(run):
    parts = run(BOX + ASSEMBLY)
    assert shown(parts) == {
        "lid": (1.0, "#ff0000"),
        "hinge pin": (1.0, "#0000ff"),
        "hinge leaf": (1.0, "#00ff00"),
        "hinge": (1.0, "#0000ff"),
    }
    assert parts["hinge pin"].shape.Center().toTuple() == pytest.approx((5, 0, 10))


VIEWERS = [
    "from ocp_vscode import show, set_port, Camera\nset_port(3939)\nshow(box, names=['x'], colors=['red'], reset=Camera.KEEP)",
    "from ocp_vscode import *\nset_defaults(ortho=True)\nshow_object(box, 'x', {'color': 'red'})",
    "import ocp_vscode as viewer\nviewer.show_object(box, name='x', options={'color': 'red'})",
    "from jupyter_cadquery.viewer.client import show_object\nshow_object(box, name='x', color='red')",
    "show_object(box, name='x', color='red')\nfrom cadquery.vis import show\nshow(box)",
    "show_object(box, name='x', color='red')\nfrom cadquery import vis\nvis.show(box)",
    "show_object(box, name='x', color='red')\nfrom ocp_vscode import show_all\nshow_all()",
]


@pytest.mark.parametrize("script", VIEWERS)
def test_what_a_viewer_is_to_show_is_shown_once(run, script):
    assert shown(run(BOX + script)) == {"x": (1000.0, "#ff0000")}


def test_a_viewer_shows_every_variable(run):
    assert list(
        run(
            BOX
            + "other = box.val()\nnumber = 3\noutline = cq.Workplane().rect(1, 1)\nfrom ocp_vscode import show_all\nshow_all()"
        )
    ) == [
        "box",
        "other",
    ]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("cq.Sketch().rect(1, 2), name='plate'", '"plate" is a sketch, which has no thickness: show cq.Workplane()'),
        ("cq.Workplane().rect(1, 1)", "what is shown holds no solid, only wires: extrude"),
        ("cq.Workplane().box(1, 1, 1).faces(), 'top'", '"top" holds no solid, only faces: extrude'),
        ("cq.Workplane().pushPoints([(1, 2)])", "holds no solid, only points"),
        ("cq.Workplane()", "what is shown holds no solid: extrude"),
        ("None", "what is shown is None: does a function"),
        ("[]", "what is shown is an empty list"),
        ("[cq.Workplane().circle(1)]", "holds no solid, only wires"),
        ("cq.Assembly()", "an assembly without a solid"),
        ("cq.Workplane", "not a class"),
        ("'text'", "not str"),
    ],
)
def test_what_is_no_part_is_refused_with_what_to_do(run, expression, words):
    with pytest.raises(ScriptFailed) as caught:
        run(f"import cadquery as cq\nshow_object({expression})")
    assert caught.value.line == 2
    assert words in caught.value.message
