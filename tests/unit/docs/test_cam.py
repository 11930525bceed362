"""What the page for who comes from a CAM program or slicer says is what the gate does."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware_bridge.cli import main
from firmware_bridge.errors import ProgramRefused
from firmware_bridge.gcode import check, compose, generic_profile
from firmware_bridge.machine import MachineProfile
from tests.unit.firmware_bridge.gcode.cam import CAM
from tests.unit.firmware_bridge.gcode.conftest import CUTTING, READY

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "cam.md").read_text(encoding="utf-8")
ROUTER_PART, PRINTER_PART = TEXT.split("\n## A printer\n")
FILES = dict(re.findall(r"^cat > (\S+) <<'END'\n(.*?)^END$", TEXT, re.M | re.S))
ROUTER = MachineProfile.parse(FILES["router.toml"])


def blocks(kind, text=TEXT):
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S)


def rows(text, heading):
    """The cells of the table under a heading's line."""
    table = text.split(f"\n{heading}\n|---", 1)[1].split("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


REFUSED = [
    *((ROUTER, CUTTING, line) for row in rows(ROUTER_PART, "| in the file | why | instead |") for line in row[0:1]),
    *(
        (generic_profile("marlin"), READY, line)
        for row in rows(PRINTER_PART, "| in the file | why | instead |")
        for line in row[0:1]
    ),
]


@pytest.mark.parametrize(
    ("machine", "ready", "line"),
    [(machine, ready, line) for machine, ready, cell in REFUSED for line in re.findall(r"`([^`]+)`", cell)],
)
def test_what_is_said_to_be_refused_is_refused(machine, ready, line):
    check(ready.splitlines(), machine)
    with pytest.raises(ProgramRefused) as caught:
        check([*ready.splitlines(), line], machine)
    assert [refusal.line for refusal in caught.value.refusals] == [ready.count("\n") + 1]


@pytest.mark.parametrize("line", ["M117 hello", *re.findall(r"`(M\d[\d.]*)`", TEXT.split("hot end off: retract")[1])])
def test_what_is_said_to_be_left_out_is_left_out(line):
    if line != "M104":
        assert check([*READY.splitlines(), line], generic_profile("marlin")).lines == READY.count("\n")


def test_the_file_that_passes_passes_and_that_which_does_not_is_told_of_in_these_words(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    router = str(tmp_path / "router.toml")
    assert CliRunner().invoke(main, ["check", str(tmp_path / "tray.nc"), "--machine", router]).exit_code == 0
    wrong = CliRunner().invoke(main, ["check", str(tmp_path / "wrong.nc"), "--machine", router])
    assert wrong.output == blocks("text")[0]


def test_each_program_of_the_table_is_tried():
    named = [row[0] for row in rows(ROUTER_PART, "| program | choose | and |")]
    assert set(named) <= set(CAM), set(named) - set(CAM)


def test_a_start_program_turns_the_spindle_for_files_that_never_do(tmp_path):
    (start,) = blocks("toml")
    own = MachineProfile.parse(FILES["router.toml"].split("[[materials]]")[0] + start + '[[materials]]\nname = "MDF"\n')
    for name in ("jscut", "Easel"):
        with pytest.raises(ProgramRefused, match="with the spindle off"):
            check(CAM[name].program.splitlines(), ROUTER)
        compose(CAM[name].program.splitlines(), own, "MDF", None)


def test_the_header_for_gcodetools_and_what_is_deleted_elsewhere_is_all():
    for name, left_out in {"VCarve, Aspire": ("T1",), "PyCAM": ("T1 M6", "G61")}.items():
        lines = [line for line in CAM[name].program.splitlines() if not line.startswith(left_out)]
        check(lines, ROUTER)
    check(CAM["Gcodetools"].program.replace("\nM3\n", "\nG90\nM3 S10000\n").splitlines(), ROUTER)


def test_the_start_and_end_code_passes_around_a_part():
    start, end = blocks("gcode")
    part = "G1 X90 Y90 F6000\nG1 X110 Y90 E1 F1200\n"
    check((start + part + end).splitlines(), generic_profile("marlin"))
    check((start + part + "G28 X Y\n" + end).splitlines(), generic_profile("marlin"))
    for after in ("G28\n", "M104 S0\nG1 E-2\n"):
        with pytest.raises(ProgramRefused):
            check((start + part + after + end).splitlines(), generic_profile("marlin"))


def test_what_belongs_into_a_start_program_is_taken_there():
    said = re.findall(r"`([GM]\d+)`", TEXT.split("Homing, levelling")[1].split("stand in the start program")[0])
    numbers = {"M420": " S1", "M220": " S100", "M221": " S95", "M413": " S0", "M900": " K0.05"}
    lines = ["G28", *(line + numbers.get(line, " X500" if line in {"M201", "M203", "M205"} else "") for line in said)]
    text = "\n".join(lines)
    machine = MachineProfile.parse(
        f'name = "x"\nmaterials = [{{name = "PLA", hotend_c = 205}}]\nprograms.start = """\n{text}"""'
    )
    assert compose([], machine, "PLA", None).lines == len(lines) + len(["M104 S0", "M140 S0", "M107"])
