"""A forge without a kernel: what it can build is decided by an oracle."""

import json
import struct
from collections.abc import Callable

from fabrication.errors import ForgeUnavailable, KernelCrashed, ScriptFailed
from fabrication.geometry.client import JobResult
from fabrication.geometry.protocol import ForgeHealth, Progress

DOCUMENT = json.dumps({"asset": {"version": "2.0"}, "buffers": [{"byteLength": 4}]}).ljust(64).encode()
GLB = (
    struct.pack("<4sII", b"glTF", 2, 12 + 8 + 64 + 8 + 4)
    + struct.pack("<I4s", 64, b"JSON") + DOCUMENT + struct.pack("<I4s", 4, b"BIN\0") + bytes(4)
)  # fmt: skip


class OracleForge:
    """`oracle` says why values fail, or nothing; an exception it gives is raised. One part, `size_mm` large, whose
    inspection fails with `inspection`."""

    def __init__(self, oracle: Callable[[dict], str | Exception]) -> None:
        self.oracle = oracle
        self.tried: list[dict] = []
        self.background: set[bool] = set()
        self.size_mm, self.valid = [10.0, 10.0, 10.0], True
        self.inspection = KernelCrashed("the geometry kernel crashed (SIGSEGV)")
        self.gone, self.running, self.waiting_while_run = False, 0, 0
        self._waiting = 0

    def run(self, kind, request, inputs, *, limits=None, background=False, on_progress=None, **_):
        self.background.add(background)
        self._waiting = self.waiting_while_run
        try:
            if on_progress is not None:
                on_progress(Progress(state="running", ahead=0, seconds=1.0))
        finally:
            self._waiting = 0
        if kind == "inspect":
            raise self.inspection
        if kind == "measure":
            part = {"size_mm": self.size_mm, "volume_mm3": 1000.0, "valid": self.valid}
            return JobResult({"parts": [part]}, {}, "", 0.0)
        self.tried.append(request["values"])
        why = self.oracle(request["values"])
        if isinstance(why, Exception):
            raise why
        if why:
            raise ScriptFailed(why, 7)
        outputs = {"part_0.brep": b"brep", "preview.glb": GLB}
        return JobResult({"parts": [{"name": "body", "colour": None}]}, outputs, "", 0.0)

    def health(self, patience_s=1.0):
        if self.gone:
            raise ForgeUnavailable("nobody listens")
        told = dict.fromkeys(ForgeHealth.__struct_fields__)
        return ForgeHealth(**told | {"ready": True, "running": self.running, "waiting": self._waiting})
