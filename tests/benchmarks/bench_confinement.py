"""What the walls cost a build of about 200 ms, what the whole forge costs it, and what 500 builds leave behind.

The walls' own price is taken in one process as warm as the zygote, which forks the same build in turns with all walls
raised and canaries tried, and with none: nothing else differs. The forge's price is a job through its socket, queue,
folder and watch, beside that same build forked without walls.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from fabrication.geometry.client import ForgeClient, start_forge
from fabrication.geometry.zygote.kinds import KINDS_MODULE

PAIRS, THROUGH_FORGE, BUILDS = 200, 30, 500

_PLATE = """
import cadquery as cq
plate = cq.Workplane().box(80, 60, 8).edges("|Z").fillet(5).faces(">Z").workplane()
plate = plate.rect(60, 40, forConstruction=True).vertices().hole(5).faces(">Z").edges().fillet(0.8)
cq.exporters.export(plate, "plate.stl")
cq.exporters.export(plate, "plate.step")
"""

_KINDS = f"""
from fabrication.geometry.jobs import KINDS, JobKind
def run(request, folder):
    exec({_PLATE!r}, {{}})
    return {{}}
KINDS = {{"check": KINDS["check"], "plate": JobKind({KINDS_MODULE!r}, True, preload=("cadquery",))}}
"""

_FORKS = f"""
import gc, os, sys, tempfile, time
from pathlib import Path
import cadquery
from fabrication.geometry.confinement import landlock, walls
from fabrication.geometry.confinement.limits import Limits
plate = compile({_PLATE!r}, "plate.py", "exec")
readable, uid = landlock.readable_folders(), 60_899 if os.geteuid() == 0 else None
above = Path.cwd()
bait = above / "bait"
bait.write_text("bait")
bait.chmod(0o666)
gc.collect()
gc.freeze()
for number, line in enumerate(sys.stdin):
    walled = line == "walls\\n"
    folder = above / f"job-{{number}}"
    folder.mkdir(mode=0o700)
    if walled and uid is not None:
        os.chown(folder, uid, uid)
    order = walls.Order(job=number, kind="plate", folder=str(folder), bait=str(bait), uid=uid, limits=Limits(), walls=walls.Walls())
    zygote = os.getpid()
    began = time.perf_counter()
    if (pid := os.fork()) == 0:
        code = 1
        try:
            if walled:
                log = os.open(os.devnull, os.O_WRONLY)
                walls.settle(zygote, (log, log, log))
                walls.raise_walls(order, readable, zygote)
            else:
                os.chdir(folder)
            exec(plate, {{}})
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
    print(time.perf_counter() - began, flush=True)
"""


def run() -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        folder.chmod(0o711)
        (folder / "kinds.py").write_text(_KINDS)
        with _forks(folder) as fork:
            fork("walls")
            pairs = [(fork("walls"), fork("none")) for _ in range(PAIRS)]
            forge = start_forge(folder / "forge.sock", folder / "log", "--kinds", str(folder / "kinds.py"))
            try:
                client = ForgeClient(folder / "forge.sock")
                _confined(client)
                through = [(_confined(client), fork("none")) for _ in range(THROUGH_FORGE)]
                grown = _many(client, forge.pid)
            finally:
                forge.communicate()
    return [
        _row("a build forked with all walls, beside forked with none", pairs, "at most 1.05"),
        _row("that build as a job of the forge, beside forked with none", through, "under 1.25"),
        *grown,
    ]


def _row(name: str, pairs: list[tuple[float, float]], target: str) -> dict[str, object]:
    """The ratio is of the median of the pairs' differences: what slows the machine down slows down both of a pair."""
    ours, beside = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    difference = statistics.median(one - other for one, other in pairs) * 1000
    return {
        "name": f"{name}: median of {len(pairs)} paired differences {difference:+.1f} ms",
        "ours": ours,
        "beside": beside,
        "unit": "ms",
        "ratio": 1 + difference / beside,
        "target": target,
    }


def _many(client: ForgeClient, forge: int) -> list[dict[str, object]]:
    """Builds in a row, as many at once as the forge has slots."""
    before = client.health()
    with ThreadPoolExecutor(before.slots) as pool:
        for made in pool.map(lambda _: _confined(client), range(BUILDS)):
            assert made > 0
    after = client.health()
    assert after.zygotes_started == 1, "the zygote was replaced, so its growth says nothing"
    left = len(_folders_of(forge)) + len(_jobs_of(forge))
    mib = 1024 * 1024
    return [
        {"name": f"the zygote's own memory after {BUILDS} builds, beside before", "ours": after.zygote_bytes / mib,
         "beside": before.zygote_bytes / mib, "unit": "MiB", "ratio": after.zygote_bytes / before.zygote_bytes,
         "target": "under 1.05"},
        {"name": "processes and folders those left behind, beside builds", "ours": left, "beside": BUILDS, "unit": "",
         "ratio": left / BUILDS, "target": "0"},
    ]  # fmt: skip


def _folders_of(pid: int) -> list[Path]:
    """Job folders below the root that forge `pid` holds a lock on."""
    held = {fd.readlink() for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()}
    (root,) = [path for path in held if path.name.startswith("fabrication-forge-")]
    return list(root.glob("job-*"))


def _jobs_of(pid: int) -> list[int]:
    """Descendants of one-threaded process `pid` that are neither bubblewrap nor the zygote nor its spare, zombies too."""
    found = []
    for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        name = Path(f"/proc/{child}/comm").read_text().strip()
        found += (
            _jobs_of(child) if name == "bwrap" else Path(f"/proc/{child}/task/{child}/children").read_text().split()
        )
    return [int(job) for job in found if Path(f"/proc/{job}/comm").read_text().strip() != "forge-spare"]


def _confined(client: ForgeClient) -> float:
    began = time.perf_counter()
    client.run("plate", {}, {})
    return time.perf_counter() - began


@contextmanager
def _forks(folder: Path) -> Iterator["Fork"]:
    """Forks the build "walls" or "none" and answers how long that took, by the process's own clock."""
    process = subprocess.Popen(
        [sys.executable, "-c", _FORKS], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={"OPENBLAS_NUM_THREADS": "1", "HOME": "/dev/null", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    try:
        yield Fork(process)
    finally:
        process.communicate()


class Fork:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self, how: str) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{how}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())
