"""The process that drives one machine, as the bridge starts it."""

import subprocess
import sys

import msgspec

from firmware_bridge.agent.runs.process import Outcome, StreamProgram
from firmware_bridge.machine import Link


def test_a_firmware_it_has_no_protocol_for_is_sent_nothing(tmp_path):
    port = tmp_path / "port"
    port.touch()
    work = StreamProgram(
        firmware="abacus",
        program=str(tmp_path / "program"),
        program_sha256="0" * 64,
        estimate_s=1.0,
        link=Link(port=str(port)),
        claimed=(),
        found=str(tmp_path / "found"),
        journal=str(tmp_path / "journal"),
        lock=str(tmp_path / "lock"),
    )
    command = [sys.executable, "-m", "firmware_bridge.agent.runs.runner"]
    done = subprocess.run(command, input=msgspec.json.encode(work) + b"\n", capture_output=True, timeout=30, check=True)
    reason = "this version of the bridge sends nothing to abacus yet"
    assert msgspec.json.decode(done.stdout, type=Outcome) == Outcome(state="failed", safe=True, reason=reason)
    assert port.read_bytes() == b""
