"""bubblewrap around the zygote, where it works: a second opinion beside the walls that each child puts up itself.

Inside there is no network, no process but the zygote's own, and of the file system only what geometry needs, read-only;
the forge's job folders alone can be written. It is not required, and nothing else relies on it.
Source of the options: bwrap(1).
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from fabrication.geometry.confinement import policy

_SYSTEM = (
    "/usr",
    "/bin",
    "/lib",
    "/lib64",
    "/etc/alternatives",
    "/etc/localtime",
    # Not that a job needs it: the canary that must fail to open it would show nothing if it were not there.
    "/etc/passwd",
)
_PACKAGES = ("fabrication", "firmware_bridge")
"""Of ours, what the jobs may import; the rest of a checkout is not there."""
_NAMESPACES = ("--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")
_ROOT_NEEDS = ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
"""To become another uid for each job."""


@dataclass(frozen=True, slots=True)
class OuterWall:
    """`command` goes before the zygote's own command line, empty for none; `words` are for a health page."""

    command: tuple[str, ...]
    words: str

    def given_up(self, why: str) -> "OuterWall":
        """None, since `command` did not work here."""
        return OuterWall((), f"none: {self.words} was tried, but {why}")


def bubblewrap(root: Path, kinds: str | None) -> OuterWall:
    """The outer wall of this host, untried. `root` holds the job folders, `kinds` is the file of kinds on trial."""
    program = shutil.which("bwrap")
    if program is None:
        return OuterWall((), "none: bubblewrap is not installed")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    readable = _readable(kinds)
    # Made by us, since bubblewrap closes those it makes itself to every uid but its own.
    above = {folder for path in (*readable, str(root)) for folder in Path(path).parents if folder != Path("/")}
    command = (
        program,
        "--die-with-parent",
        *_NAMESPACES,
        *("--cap-drop", "ALL", *(_ROOT_NEEDS if os.geteuid() == 0 else ())),
        *("--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"),  # noqa: S108  a folder of its own there
        *(part for folder in sorted(above) for part in ("--dir", str(folder))),
        *(part for path in readable for part in ("--ro-bind", path, path)),
        *("--bind", str(root), str(root), "--remount-ro", "/", "--chdir", "/", "--"),
    )
    return OuterWall(command, version or "bubblewrap")


def _readable(kinds: str | None) -> list[str]:
    """What exists of the system's and Python's own folders, this package, and what the policy lets a script read."""
    python = [sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(sys.executable).resolve().parent)]
    python += [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    checkout = Path(__file__).parents[3]
    ours = [str(checkout / package) for package in _PACKAGES]
    files = [path for path in policy.READABLE_FILES if not path.startswith("/dev/")]
    wanted = [*_SYSTEM, *python, *ours, *policy.READABLE_FOLDERS, *files, *([kinds] if kinds else [])]
    # A folder before what lies in it: a later mount would hide an earlier one.
    return sorted({path for path in wanted if Path(path).exists() and path != "/"})
