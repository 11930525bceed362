"""What a script can find in its own memory, which was the zygote's: nothing of anybody's.

Secrets are planted where a commons has them, and the script reads all memory it has. The same reading finds a control
that was planted in the zygote itself, so that it is known to see.
"""

import os
import re
from pathlib import Path

import pytest

MARK = re.compile(rb"[p]lanted-([a-z]+)-here")  # spelt so that it does not find itself
ZYGOTE = """
import os
CONTROL = "planted-" + "control-here"
MAPS = []
def look():
    # Before the child walls itself in: afterwards it could find the same by trying addresses.
    with open("/proc/self/maps") as maps:
        for line in maps:
            span, rights = line.split()[:2]
            if rights.startswith("r") and "[v" not in line:
                MAPS.append(tuple(int(end, 16) for end in span.split("-")))
os.register_at_fork(after_in_child=look)
"""
SCAN = """
def probe(world):
    import ctypes, os, re, sys
    libc = ctypes.CDLL(None, use_errno=True)
    libc.pwrite.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long]
    libc.pwrite.restype = ctypes.c_ssize_t
    mark, found, scanned = re.compile(rb"[p]lanted-([a-z]+)-here"), set(), 0
    fd = os.open("scanned", os.O_RDWR | os.O_CREAT)
    for low, high in sys.modules["fabrication_kinds_on_trial"].MAPS:
        at = low
        while at < high:
            # A page that is gone by now gives an error instead of a crash.
            count = libc.pwrite(fd, at, min(high - at, 1 << 20), 0)
            if count > 0:
                found |= {name.decode() for name in mark.findall(os.pread(fd, count, 0))}
                scanned += count
            at += 4096 if count <= 0 else count if at + count >= high or count <= 64 else count - 64
    return {"found": sorted(found), "scanned": scanned}
"""


def planted(name):
    return f"planted-{name}" + "-here"


def marks_in(pid):
    """Names of what is planted in the memory of process `pid`, looked at from outside."""
    found = set()
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if rights.startswith("rw"):
                low, high = (int(end, 16) for end in span.split("-"))
                memory.seek(low)
                found |= {name.decode() for name in MARK.findall(memory.read(high - low))}
    return found


@pytest.mark.parametrize(
    "who", ["as we are", pytest.param("ordinary user", marks=pytest.mark.skipif(os.geteuid() != 0, reason="we are"))]
)
def test_a_script_finds_no_secret_in_its_memory(who, running_forge, monkeypatch, ordinary_uid):
    monkeypatch.setenv("SECRET_KEY", planted("web"))
    monkeypatch.setenv("PATH", os.environ["PATH"] + ":/" + planted("environment"))
    uid = ordinary_uid if who == "ordinary user" else None
    with running_forge(uid=uid, kinds=ZYGOTE, socket_name=planted("socket")) as forge:
        (forge.socket.parent / "neighbour").write_text(planted("neighbour"))
        other = {"source": "def probe(world): return world", "world": {"x": planted("request")}}
        theirs = forge.client.run("probe", other, {"design.py": planted("input").encode()}, asker=planted("asker"))
        assert theirs.claim == {"x": planted("request")}

        result = forge.client.run("probe", {"source": SCAN, "world": {}}, {})
        assert result.claim["scanned"] > 4 * 1024 * 1024
        assert result.claim["found"] == ["control"]
        # From outside the same: and what the forge knows is where it was planted.
        assert marks_in(forge.zygote) == {"control"}
        assert {"environment", "socket"} <= marks_in(forge.pid)
        assert "web" not in marks_in(forge.pid)
