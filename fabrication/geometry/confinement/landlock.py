"""Landlock: which files a job may touch, no TCP, no signals or abstract sockets beyond itself.

Source: include/uapi/linux/landlock.h and Documentation/userspace-api/landlock.rst of the kernel.
"""

import os
import struct
import sys
import sysconfig
from pathlib import Path

from fabrication.geometry.confinement import linux, policy

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 5
_MAKE_REG, _TRUNCATE = 1 << 8, 1 << 14
_FILES_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Every file right an ABI knows is handled, so what no rule grants is denied."""
_TCP_SINCE, _TCP = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11

_CREATE_RULESET_VERSION, _RULE_PATH_BENEATH = 1, 1


def kernel_abi() -> int:
    """The Landlock ABI of the running kernel, 0 where it has none."""
    try:
        return linux.syscall("landlock_create_ruleset", 0, 0, _CREATE_RULESET_VERSION)
    except OSError:
        return 0


def readable_folders() -> tuple[str, ...]:
    """What a script's imports need on this host: Python's libraries, this package, shared libraries in use, fonts.

    Not the rest of `sys.path`: an editable checkout holds more than code.
    """
    python = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    python += [entry for entry in sys.path if entry.endswith(("-packages", "lib-dynload"))]
    package = str(Path(__file__).parents[2])
    mapped = {line.split(maxsplit=5)[5] for line in Path("/proc/self/maps").read_text().splitlines() if "/" in line}
    libraries = [str(Path(path).parent) for path in mapped if ".so" in Path(path).name]
    folders = {Path(path).resolve() for path in (*python, package, *libraries, *policy.READABLE_FOLDERS)}
    wanted = {folder for folder in folders if folder.is_dir() and folder != Path("/")}
    return tuple(sorted(str(folder) for folder in wanted if wanted.isdisjoint(folder.parents)))


def restrict(
    abi: int, readable: tuple[str, ...], folder: str, *, executable: tuple[str, ...] = (), replaces: bool = False
) -> None:
    """Wall this process in with the rights of `abi` (at most the kernel's). Raises OSError.

    `folder` may be read and filled with plain files; nothing in it can be executed, and nothing renamed or removed
    unless `replaces`, so that every byte a script wrote stays in sight of the supervisor. Only `executable` files
    can be run.
    """
    handled = _FILES_BY_ABI[max(known for known in _FILES_BY_ABI if known <= abi)]
    attributes = struct.pack("=QQQ", handled, _TCP if abi >= _TCP_SINCE else 0, _SCOPES if abi >= _SCOPES_SINCE else 0)
    # An older kernel refuses a structure with fields it does not know.
    size = 24 if abi >= _SCOPES_SINCE else 16 if abi >= _TCP_SINCE else 8
    buffer = linux.buffer(attributes[:size])
    ruleset = linux.syscall("landlock_create_ruleset", linux.address(buffer), size, 0)
    for path in readable:
        _allow(ruleset, path, _READ_FILE | _READ_DIR)
    for path in policy.READABLE_FILES:
        _allow(ruleset, path, _READ_FILE | (_WRITE_FILE if path in policy.WRITABLE_FILES else 0))
    for path in executable:
        _allow(ruleset, path, _READ_FILE | _EXECUTE)
    own = _READ_FILE | _READ_DIR | _WRITE_FILE | _MAKE_REG | _TRUNCATE | (_REMOVE_FILE if replaces else 0)
    _allow(ruleset, folder, own & handled)
    linux.syscall("landlock_restrict_self", ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return  # not on this host, or not for this uid: nothing to allow
    try:
        rule = linux.buffer(struct.pack("=Qi", rights, beneath))
        linux.syscall("landlock_add_rule", ruleset, _RULE_PATH_BENEATH, linux.address(rule), 0)
    finally:
        os.close(beneath)
