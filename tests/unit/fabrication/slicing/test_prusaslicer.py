"""The shell around the slicer, with other programs in its place; the real one is in tests/integration."""

import msgspec
import pytest

from fabrication.errors import PlanRefused, SlicerFailed, SlicerMissing
from fabrication.geometry.confinement.limits import Limits
from fabrication.slicing.prusaslicer import slice_stl, slicer_version
from fabrication.slicing.settings import PRESETS
from firmware_bridge.errors import ProfileError
from firmware_bridge.machine import Printing

NORMAL = PRESETS["normal"]
GOOD = """echo 'G21
;LAYER_CHANGE
G1 X1 E1
;LAYER_CHANGE
; filament used [mm] = 100.50
; filament used [cm3] = 0.24
; total filament used [g] = 0.30
; estimated printing time (normal mode) = 1d 2h 3m 4s' > body.gcode"""


def test_what_the_body_says_of_itself(box, profile, stand_in):
    stand_in(GOOD)
    sliced = slice_stl(box(), profile, "PLA", NORMAL)
    assert (sliced.filament_mm, sliced.filament_cm3, sliced.filament_g) == (100.5, 0.24, 0.3)
    assert sliced.time_s == 86_400 + 2 * 3_600 + 3 * 60 + 4
    assert sliced.layers == 2
    assert sliced.body.startswith("G21\n")


def test_missing(box, profile, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SlicerMissing, match="apt install"):
        slicer_version()
    with pytest.raises(SlicerMissing, match="prusa-slicer is not installed"):
        slice_stl(box(), profile, "PLA", NORMAL)


def test_the_version_is_asked_anew_when_the_program_changes(stand_in):
    stand_in("echo noise; echo 'PrusaSlicer-2.5.0+UNKNOWN based on'; exit 1")
    assert slicer_version() == "PrusaSlicer-2.5.0+UNKNOWN"
    stand_in("echo 'PrusaSlicer-2.9.1 based on'")
    assert slicer_version() == "PrusaSlicer-2.9.1"
    stand_in("echo 'something else'")
    with pytest.raises(SlicerFailed, match="does not say its version: something else"):
        slicer_version()


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("exit 0", r"wrote no program: it said nothing"),
        ("echo oh no; exit 1", r"failed \(exit code 1\): oh no"),
        ("echo '  what():  Objects could not fit on the bed'; kill -ABRT $$", "the part does not fit the bed"),
        ("echo halfway; kill -SEGV $$", r"failed \(signal 11\): halfway"),
        ("echo 'std::bad_alloc'; exit 1", "more memory than it may have"),
        ("echo 'No layers were detected.'; exit 1", "too thin or too small"),
        (f"{GOOD}\nexit 1", r"failed \(exit code 1\)"),
        ("echo G21 > body.gcode", "stopped before the end"),
        ("printf 'G21\\n;LAYER_CHANGE\\n\\377' > body.gcode", "no G-code"),
        (f"{GOOD.replace('100.50', '0.00')}", "prints nothing"),
        ("/bin/ln -s /etc/hostname body.gcode", "Cannot fork"),
        ("while :; do :; done", "did not finish within|processor time"),
    ],
)
def test_failures_in_plain_words(box, profile, stand_in, script, sentence):
    stand_in(script)
    limits = Limits(wall_s=3, cpu_s=1, file=1 << 20)
    with pytest.raises(SlicerFailed, match=sentence):
        slice_stl(box(), profile, "PLA", NORMAL, limits)


def test_a_flood_and_a_hang(box, profile, stand_in):
    stand_in("x=x; while [ ${#x} -lt 60000 ]; do x=$x$x; done; while :; do echo $x; done > body.gcode")
    limits = Limits(wall_s=1, cpu_s=5, file=1 << 20)
    with pytest.raises(SlicerFailed, match="its program grew past 1 MiB"):
        slice_stl(box(), profile, "PLA", NORMAL, msgspec.structs.replace(limits, wall_s=20))
    stand_in("while :; do :; done")
    with pytest.raises(SlicerFailed, match=r"did not finish within 1 s"):
        slice_stl(box(), profile, "PLA", NORMAL, limits)


def test_what_it_is_called_with(box, profile, stand_in):
    stand_in('for a; do echo "<$a>"; done; exit 1')
    with pytest.raises(SlicerFailed) as failed:
        slice_stl(box(), profile, "PLA", NORMAL)
    assert "<part.stl>" in str(failed.value)
    stand_in('while [ "$1" != --post-process ]; do shift; done; echo "script: [$2]"; exit 1')
    with pytest.raises(SlicerFailed, match=r"script: \[\]"):
        slice_stl(box(), profile, "PLA", NORMAL)


def test_a_bad_mesh_never_reaches_it(profile, stand_in):
    stand_in("echo reached; exit 1")
    with pytest.raises(SlicerFailed, match="binary STL"):
        slice_stl(b"", profile, "PLA", NORMAL)


def test_a_material_or_preset_it_does_not_know(box, profile, stand_in):
    stand_in("echo reached; exit 1")
    with pytest.raises(ProfileError, match="no material"):
        slice_stl(box(), profile, "PEEK", NORMAL)
    printing = Printing(slicer_preset="Acme:ONE")
    with pytest.raises(PlanRefused, match="the slicer knows the vendors none"):
        slice_stl(box(), msgspec.structs.replace(profile, printing=printing), "PLA", NORMAL)
