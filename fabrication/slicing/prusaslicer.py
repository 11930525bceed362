"""PrusaSlicer, as a separate and unmodified process over files. Behaviour seen on 2.5.0 is said where it is met."""

import re
import shutil
import signal
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fabrication.errors import SlicerFailed, SlicerMissing
from fabrication.geometry.confinement.limits import Limits
from fabrication.slicing import bundles, ini
from fabrication.slicing.mesh import read_stl
from fabrication.slicing.process import Finished, job
from fabrication.slicing.settings import PrintSettings
from firmware_bridge.machine import PublishedProfile
from firmware_bridge.wire import PROGRAM_BYTES_MAX

LIMITS = Limits(wall_s=600, cpu_s=900, memory=8 * 1024**3, file=PROGRAM_BYTES_MAX, descriptors=256, threads=256)
"""`memory` is address space, not memory in use: TBB reserves some for each thread."""


@dataclass(frozen=True)
class Sliced:
    """A program's body as the slicer wrote it, ungated, and what it says of it."""

    body: str
    filament_mm: float
    filament_cm3: float
    filament_g: float
    time_s: float
    layers: int


def slicer_version() -> str:
    """As it names itself ("PrusaSlicer-2.5.0+UNKNOWN"). Raises `SlicerMissing`, `SlicerFailed`."""
    path = _program()
    return _version_of(path, path.stat().st_mtime_ns)


def slice_stl(
    stl: bytes,
    profile: PublishedProfile,
    material: str,
    settings: PrintSettings,
    limits: Limits = LIMITS,
) -> Sliced:
    """Slice a binary STL (mm), standing as it does, in the middle of the machine's bed.

    Raises `SlicerMissing`, `SlicerFailed`; `ProfileError` for a material the machine lacks; `PlanRefused`
    for a `slicer_preset` the slicer does not know.
    """
    program = _program()
    mesh = read_stl(stl)
    printing = profile.printing
    preset = None
    if printing.slicer_preset:
        preset = bundles.printer_preset(_profiles(program), printing.slicer_preset, printing.nozzle_mm)
    flat = ini.slicer_ini(profile, material, settings, mesh.size_mm, preset)
    center = profile.volume.centre
    with job("slice") as folder:
        folder.write("flat.ini", ini.render(flat).encode())
        folder.write("part.stl", mesh.on_bed())
        command = [
            str(program),
            "--export-gcode",
            "--load=flat.ini",
            "--config-compatibility=disable",
            # A script named here or in a file it loads would be run (CVE-2023-47268).
            # As two arguments: after `--post-process=` the slicer would take the next argument for the script.
            "--post-process",
            "",
            f"--center={center[0]:g},{center[1]:g}",
            "--output=body.gcode",
            "part.stl",
        ]
        finished = folder.run(command, limits, readable=_own_files(program))
        body = folder.read("body.gcode", PROGRAM_BYTES_MAX)
    if finished.timed_out or finished.code != 0 or body is None:
        raise SlicerFailed(_in_plain_words(finished, limits))
    return _read_body(body)


_NUMBER = r"(\d+(?:\.\d+)?)"
_COMMENTS = {
    "filament_mm": re.compile(rf"^; filament used \[mm\] = {_NUMBER}", re.M),
    "filament_cm3": re.compile(rf"^; filament used \[cm3\] = {_NUMBER}", re.M),
    "filament_g": re.compile(rf"^; (?:total )?filament used \[g\] = {_NUMBER}", re.M),
}
_TIME = re.compile(r"^; estimated printing time \(normal mode\) = (.+)$", re.M)
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def _read_body(data: bytes) -> Sliced:
    try:
        body = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise SlicerFailed(f"the slicer wrote something that is no G-code: {error}") from None
    found = {name: pattern.search(body) for name, pattern in _COMMENTS.items()}
    time = _TIME.search(body)
    layers = body.count("\n;LAYER_CHANGE")
    if time is None or layers == 0 or None in found.values():
        raise SlicerFailed("the slicer's program does not say what it takes: it stopped before the end")
    amounts = {name: float(match[1]) for name, match in found.items() if match}
    if not amounts["filament_mm"]:
        raise SlicerFailed("the slicer's program prints nothing")
    return Sliced(body=body, time_s=_seconds(time[1]), layers=layers, **amounts)


def _seconds(text: str) -> float:
    """ "1d 2h 13m 45s" in seconds."""
    return float(sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+)([dhms])", text)))


_NO_FOOT = "the part touches the bed with too little to print; it stands on a point or an edge"
_SAYINGS = (
    ("could not fit on the bed", "the part does not fit the bed"),
    ("No layers were detected", "the part is too thin or too small for even one layer"),
    ("no extrusions in the first layer", _NO_FOOT),
    ("no extrusions on the first layer", _NO_FOOT),
    ("empty initial layer", _NO_FOOT),
    ("greater than nozzle diameter", "the layer height is more than the nozzle's diameter"),
    ("exceeds the maximum build volume height", "the part is higher than the machine"),
    ("Loading of a model file failed", "it cannot read the part's mesh"),
    ("bad_alloc", "it needs more memory than it may have; the part is too detailed"),
    ("bad allocation", "it needs more memory than it may have; the part is too detailed"),
)
"""What the slicer says, and what it means to who owns the machine."""


def _in_plain_words(finished: Finished, limits: Limits) -> str:
    if finished.timed_out:
        return f"the slicer was stopped: it did not finish within {limits.wall_s:g} s"
    for saying, meaning in _SAYINGS:
        if saying in finished.log:
            return f"the slicer refused the part: {meaning}"
    if finished.signal in (signal.SIGXCPU, signal.SIGKILL):
        return f"the slicer was stopped: it took more than {limits.cpu_s} s of processor time"
    if finished.signal == signal.SIGXFSZ:
        return f"the slicer was stopped: its program grew past {limits.file // 1024**2} MiB"
    said = _last_line(finished.log)
    if finished.code == 0:
        return f"the slicer wrote no program: {said}"
    ended = f"signal {finished.signal}" if finished.signal else f"exit code {finished.code}"
    return f"the slicer failed ({ended}): {said}"


def _last_line(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip() and "[trace]" not in line]
    return "".join(c for c in lines[-1] if c.isprintable())[:200] if lines else "it said nothing"


def _program() -> Path:
    found = shutil.which("prusa-slicer")
    if found is None:
        raise SlicerMissing(
            "prusa-slicer is not installed; on Debian: apt install --no-install-recommends prusa-slicer"
        )
    return Path(found).resolve()


def _profiles(program: Path) -> Path:
    return program.parent.parent / "share" / "PrusaSlicer" / "profiles"


def _own_files(program: Path) -> tuple[str, ...]:
    """What the program reads of its own, beside libraries: translations and resources."""
    return (str(program.parent.parent / "share" / "PrusaSlicer"),)


@lru_cache(maxsize=4)
def _version_of(program: Path, _changed_ns: int) -> str:
    with job("slicer-version") as folder:
        finished = folder.run([str(program), "--help"], LIMITS, readable=_own_files(program))
    found = re.search(r"^PrusaSlicer-\d\S*", finished.log, re.M)
    if found is None:
        raise SlicerFailed(f"prusa-slicer does not say its version: {_last_line(finished.log)}")
    return found[0]
