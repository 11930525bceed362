#!/usr/bin/env python3
"""Sets up a fresh Debian machine: system packages, then a virtual environment from the lock.

Standard library only, Python 3.11 or newer. Says what it installs and why; the second time it looks at
a stamp and returns. Where it may not install, it prints the one line to type and exits with 2.
"""

import argparse
import hashlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FALLBACK = Path("/var/lib/fabrication-commons/venv")
UV = "uv==0.13.9"
PG_COMMON = "/etc/postgresql-common"

RUN_PACKAGES = {
    "python3-venv": "makes the virtual environment",
    "prusa-slicer": "slices parts for 3D printers",
    "libgl1": "the geometry kernel links to it",
    "libegl1": "the geometry kernel links to it",
}
TEST_PACKAGES = {
    "postgresql": "the dispatch tests run on it as well",
    "chromium": "the pages are tested in a real browser",
    "fonts-dejavu-core": "the browser needs a font to measure pages with",
    "shellcheck": "the installer of the bridge is a shell script",
    "bubblewrap": "the forge is tried with its outer wall too, which it can do without",
}


def main() -> int:
    """Sets up for `run` or `test`. Exit code 2 when something is missing that may not be installed here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("purpose", choices=("run", "test"))
    testing = parser.parse_args().purpose == "test"
    if sys.version_info < (3, 11):  # noqa: UP036 (this file runs before anything has checked)
        return _fail(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
    packages = RUN_PACKAGES | (TEST_PACKAGES if testing else {})
    extras = ["commons", "plugins", *(["dev"] if testing else [])]
    if shutil.which("dpkg-query") is None:
        return _fail(f"this is no Debian; install by hand what gives: {' '.join(packages)}.")
    if not _missing(packages) and _made(extras):
        return 0
    code = _install_packages(packages) or _make_environment(extras)
    if testing and not code:  # what was set up to run is about to
        print("setup: all is there: `make run` starts the commons, `make test` runs every test, `make` lists the rest")
    return code


def _fail(message: str) -> int:
    print(f"setup: {message}", file=sys.stderr)
    return 2


def _installed(package: str) -> bool:
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


def _missing(wanted: dict[str, str]) -> list[str]:
    return [package for package in wanted if not _installed(package)]


def _install_packages(wanted: dict[str, str]) -> int:
    missing = _missing(wanted)
    if not missing:
        return 0
    for package in missing:
        print(f"setup: installing {package}: {wanted[package]}", flush=True)
    line = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() == 0:
        prefix: list[str] = []
    elif sys.stdin.isatty() and shutil.which("sudo"):
        prefix = ["sudo"]
    else:
        return _fail(f"may not install here; run as root: apt-get update && {' '.join(line)}")
    if "postgresql" in missing:  # the tests make their own cluster; none is to run on this machine
        script = f"mkdir -p {PG_COMMON} && echo 'create_main_cluster = false' > {PG_COMMON}/createcluster.conf"
        subprocess.run([*prefix, "sh", "-c", script], check=True)
    environment = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive"]
    keep = ["-o", "Dpkg::Options::=--force-confold"]
    for command in (["apt-get", "update", "-q"], [*line[:2], *keep, *line[2:]]):
        if subprocess.run([*environment, *command], stdout=subprocess.DEVNULL, check=False).returncode:
            return _fail(f"`{' '.join(command)}` failed; what it said stands above.")
    return 0


def _make_environment(extras: list[str]) -> int:
    if _made(extras):
        return 0
    link = ROOT / ".venv"
    interpreter = _interpreter()
    target = link
    if os.geteuid() == 0 and not (_open_to_all(ROOT) and _open_to_all(interpreter.parent)):
        target = FALLBACK
        print(f"setup: this folder is private, and confined builds must read the environment: it goes to {target}")
    if not (target / "bin" / "python").exists():
        print(f"setup: making the virtual environment in {target}", flush=True)
        subprocess.run([interpreter, "-m", "venv", target], check=True)
    if target != link and not link.is_symlink():
        link.symlink_to(target)
    python = target / "bin" / "python"
    print(f"setup: installing Python packages ({', '.join(extras)}) from uv.lock", flush=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV]
    sync = [target / "bin" / "uv", "sync", "--quiet", "--frozen", "--active", "--inexact"]
    for extra in extras:
        sync += ["--extra", extra]
    for command in (install, sync):
        environment = {**os.environ, "VIRTUAL_ENV": str(target)}
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
            return _fail("the Python packages could not be installed; what was said stands above.")
    (link / ".synced").write_text("\n".join(_stamp(extras)))
    return 0


def _made(extras: list[str]) -> bool:
    """Whether the environment has these, from this lock."""
    stamp = ROOT / ".venv" / ".synced"
    return stamp.is_file() and set(_stamp(extras)) <= set(stamp.read_text().split())


def _stamp(extras: list[str]) -> list[str]:
    """One word per extra, naming it and all it was made from."""
    made_from = hashlib.sha256()
    for name in ("uv.lock", "pyproject.toml"):
        made_from.update((ROOT / name).read_bytes())
    return [f"{extra}:{made_from.hexdigest()}:{ROOT}" for extra in extras]


def _interpreter() -> Path:
    """Debian's own Python where it is new enough: it is readable to every user, as confined builds need."""
    debian = Path("/usr/bin/python3")
    test = "import sys; raise SystemExit(sys.version_info < (3, 11))"
    if debian.exists() and subprocess.run([debian, "-c", test], check=False).returncode == 0:
        return debian.resolve()
    return Path(sys.executable).resolve()


def _open_to_all(folder: Path) -> bool:
    """Whether any user may walk into this folder."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (folder, *folder.parents))


if __name__ == "__main__":
    sys.exit(main())
