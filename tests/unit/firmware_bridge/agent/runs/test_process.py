"""The agent's end of a run, at a process that says what it should not."""

import select
import sys

import msgspec
import pytest

from firmware_bridge.agent.runs.process import Outcome, Run, SwitchOff
from firmware_bridge.machine import Link

WORK = SwitchOff(firmware="marlin", link=Link(port="/dev/null"), claimed=(), found="", lock="")
OUTCOME = Outcome(state="finished", safe=True)


@pytest.mark.parametrize(
    "noise",
    [
        b'{"is":"progress","progress":{"line":1,"lines":2,"attention":"a\\u0000b"}}',
        b'{"is":"progress","progress":{"line":1,"lines":2,"hotend_c":99999}}',
        b"Traceback (most recent call last):",
        b"\xff\xfe",
        b"[" * 30_000,
    ],
    ids=["nul", "heat", "text", "bytes", "deep"],
)
def test_what_cannot_be_read_is_noise_told_once_and_its_outcome_is_heard(capfd, noise):
    said = 3 * (noise + b"\n") + msgspec.json.encode(OUTCOME) + b"\n"
    run = Run("ender", None, WORK, command=[sys.executable, "-c", f"import os; os.write(1, {said!r})"])
    while (outcome := run.read()) is None:
        assert select.select([run], [], [], 30)[0]
    assert (outcome, run.progress, run.died) == (OUTCOME, None, False)
    assert capfd.readouterr().err.count("ender: its process said ") == 1
