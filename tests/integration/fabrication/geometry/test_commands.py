"""`commons build` and `commons parameters`, as typed."""

import json
import zipfile

import pytest
import trimesh
from click.testing import CliRunner

from commons.cli import main

SCRIPT = """import cadquery as cq
# [Plate]
width = 20.0  # [5:50] mm  Outer width
style = "r"   # [r:Round, s:Square]
name = ""     # text(9)
lid = True
show_object(cq.Workplane().box(width, 10, 5), name="plate")
show_object(cq.Workplane().center(0, 30).box(5, 5, 5), name="pin")
"""


@pytest.fixture
def run(forge, tmp_path, monkeypatch):
    monkeypatch.setenv("COMMONS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FORGE_SOCKET", str(forge._socket))
    (tmp_path / "plate.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def test_a_file_with_chosen_values(run, tmp_path):
    result = run("build", "plate.py", "--set", "width=40", "-o", "out.stl")
    assert result.exit_code == 0, result.output
    assert "plate: 40.0 × 10.0 × 5.0 mm, 2.00 cm³" in result.output
    assert trimesh.load(tmp_path / "out.stl").volume == pytest.approx(2125)


def test_one_part_and_json(run, tmp_path):
    result = run("build", "plate.py", "--part", "pin", "-o", "out.STL", "--json")
    said = json.loads(result.output)
    assert (said["ok"], [part["name"] for part in said["parts"]]) == (True, ["plate", "pin"])
    assert trimesh.load(tmp_path / "out.STL", file_type="stl").volume == pytest.approx(125)


def test_only_the_part_that_is_written_is_told_of_and_what_the_script_printed(run, tmp_path):
    (tmp_path / "plate.py").write_text(SCRIPT + "print('pin', width, '\\x1b[2J')\n" + "print('x' * 9000)\n")
    for _ in ("built", "kept"):
        result = run("build", "plate.py", "--part", "pin", "-o", "out.stl")
        assert "pin: 5.0" in result.stdout
        assert "plate:" not in result.stdout
        assert result.stderr.startswith("the script printed:\n")
        assert result.stderr.rstrip().endswith("x" * 3000)
        assert len(result.stderr) < 4200
    (tmp_path / "plate.py").write_text(SCRIPT + "print('pin', width, '\\x1b[2J')\n")
    assert run("build", "plate.py", "-o", "out.stl").stderr == "the script printed:\npin 20.0 [2J\n"


def test_a_shipped_design_carries_its_origin(run, tmp_path):
    assert run("build", "knob", "-o", "knob.3mf").exit_code == 0
    with zipfile.ZipFile(tmp_path / "knob.3mf") as archive:
        model = archive.read("3D/3dmodel.model").decode()
    assert '<metadata name="Title" preserve="1">Knob</metadata>' in model
    assert '<metadata name="LicenseTerms" preserve="1">CC0-1.0</metadata>' in model


def test_a_design_of_the_catalogue_carries_its_origin(run, tmp_path):
    (tmp_path / "coat-hook.py").write_text(SCRIPT)
    added = run("add", "--licence", "MIT", "coat-hook.py", "--json")
    (design,) = json.loads(added.output)["designs"]
    (tmp_path / "coat-hook.py").unlink()
    result = run("build", "coat-hook", "--set", "width=30", "-o", "hook.3mf")
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(tmp_path / "hook.3mf") as archive:
        model = archive.read("3D/3dmodel.model").decode()
    for name, text in (("Title", "Coat hook"), ("LicenseTerms", "MIT"), ("fc:Revision", design["revision"])):
        assert f'<metadata name="{name}" preserve="1">{text}</metadata>' in model


@pytest.mark.parametrize(
    ("ending", "begins"),
    [("stl", b"binary STL"), ("step", b"ISO-10303-21;"), ("3mf", b"PK"), ("glb", b"glTF"), ("svg", b"<"), ("dxf", b"  0"),
     ("png", b"\x89PNG")],
)  # fmt: skip
def test_every_kind_of_file(run, tmp_path, ending, begins):
    result = run("build", "plate.py", "-o", f"out.{ending}")
    assert result.exit_code == 0, result.output
    assert (tmp_path / f"out.{ending}").read_bytes().startswith(begins)


def test_a_folder_with_a_module_and_data_beside_it(run, tmp_path):
    folder = tmp_path / "pin"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "sizes.py").write_text("def length(path):\n    return float(open(path).read())\n")
    (folder / "length.txt").write_text("12.5")
    (folder / "design.py").write_text(
        "import cadquery as cq\nfrom lib.sizes import length\n"
        "show_object(cq.Workplane().box(2, 2, length('length.txt')), name='pin')\n"
    )
    result = run("build", folder, "-o", "pin.stl")
    assert result.exit_code == 0, result.output
    assert "pin: 2.0 × 2.0 × 12.5 mm" in result.output


def test_a_model_file_is_a_design_too(run, tmp_path):
    trimesh.creation.box((1, 2, 3)).export(tmp_path / "crate.stl")
    result = run("build", "crate.stl", "-o", "crate.step")
    assert result.exit_code == 0, result.output
    assert "1.0 × 2.0 × 3.0 mm, 6.00 mm³" in result.output


def test_what_a_failing_script_printed_is_shown(run, tmp_path):
    (tmp_path / "bad.py").write_text("print('thickness is', -3)\nraise ValueError('too thin')\n")
    result = run("build", "bad.py", "-o", "x.stl")
    assert "the script printed:\nthickness is -3\n" in result.output
    assert result.output.rstrip().endswith("Error: line 2: too thin")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (
            ["plate.py", "--set", "width=51", "-o", "x.stl"],
            1,
            "Error: Outer width (width) must be between 5 and 50 mm, not '51'",
        ),
        (["plate.py", "--set", "depth=5", "-o", "x.stl"], 1, "there is no parameter 'depth'"),
        (["plate.py", "--set", "width", "-o", "x.stl"], 2, "'width' is not NAME=VALUE"),
        (["plate.py", "--part", "roof", "-o", "x.stl"], 1, "the parts are plate, pin"),
        (["plate.py", "-o", "x.obj"], 2, "must be one of .stl, .step, .3mf, .glb, .svg, .dxf, .png"),
        (["plate.py", "--part", "pin", "-o", "x.png"], 2, "a picture shows all parts"),
        (["broken.step", "-o", "x.stl"], 1, "broken.step"),
        (["no-such-design", "-o", "x.stl"], 2, "no shipped design (knob, pipe-clamp, raspberry-pi-case)"),
        (["bad.py", "-o", "x.stl"], 1, "Error: line 2: never"),
        (["bad.py", "-o", "none/x.stl"], 2, "none/x.stl cannot be written: No such file or directory"),
        (["bad.py", "-o", "bad.py/x.stl"], 2, "bad.py/x.stl cannot be written: Not a directory"),
        (["bad.py", "-o", "/proc/x.stl"], 2, "/proc/x.stl cannot be written: "),
        (["bad.py", "-o", "home"], 2, "File 'home' is a directory"),
        (["plate.py", "-o", "full.stl"], 1, "full.stl cannot be written: No space left on device"),
    ],
)
def test_what_goes_wrong_is_one_clear_line(run, tmp_path, words, code, says):
    (tmp_path / "bad.py").write_text("x = 1\nraise ValueError('never')\n")
    (tmp_path / "broken.step").write_text("no STEP at all")
    (tmp_path / "home").mkdir()
    (tmp_path / "full.stl").symlink_to("/dev/full")
    result = run("build", *words)
    assert result.exit_code == code
    assert says in result.output
    assert "Traceback" not in result.output
    assert not list(tmp_path.glob("x.*"))


@pytest.mark.parametrize(
    ("name", "folder", "says"),
    [
        ("COMMONS_HOME", "/proc/x", "COMMONS_HOME: /proc/x cannot be written: "),
        ("COMMONS_HOME", "/proc", "COMMONS_HOME: /proc cannot be written: "),
        ("ARTEFACTS", "/proc/y", "artefacts cannot be kept in /proc/y: "),
    ],
)
def test_a_folder_that_cannot_be_made_is_one_clear_line(run, monkeypatch, name, folder, says):
    monkeypatch.setenv(name, folder)
    result = run("build", "plate.py", "-o", "x.stl")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert result.output.startswith(f"Error: {says}")


def test_a_file_that_is_there_stays_until_there_is_another(run, tmp_path):
    (tmp_path / "x.stl").write_text("before")
    (tmp_path / "bad.py").write_text("raise ValueError('never')\n")
    assert run("build", "bad.py", "-o", "x.stl").exit_code == 1
    assert (tmp_path / "x.stl").read_text() == "before"


def test_parameters_are_listed(run):
    lines = run("parameters", "plate.py").output.splitlines()
    assert lines[0] == "[Plate]"
    assert [" ".join(line.split()) for line in lines[1:]] == [
        "width = 20 mm between 5 and 50 mm; Outer width",
        'style = "r" r (Round) or s (Square)',
        'name = "" text, at most 9 characters',
        "lid = true",
    ]


def test_parameters_as_a_schema(run):
    schema = json.loads(run("parameters", "plate.py", "--json").output)
    assert schema["properties"]["width"]["maximum"] == 50
    assert schema["properties"]["style"]["oneOf"][1] == {"const": "s", "title": "Square"}


def test_a_forge_is_started_where_none_runs(run, tmp_path, monkeypatch):
    monkeypatch.setenv("FORGE_SOCKET", str(tmp_path / "nobody.sock"))
    result = run("build", "plate.py", "-o", "out.step")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out.step").read_bytes().startswith(b"ISO-10303-21;")
