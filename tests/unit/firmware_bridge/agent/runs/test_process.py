"""The agent's end of a run, at a process that says what it should not."""

import select
import sys

import msgspec
import pytest

from firmware_bridge.agent.runs.process import STOP_WITHIN_S, Outcome, Run, SwitchOff
from firmware_bridge.hosts import safe
from firmware_bridge.machine import Link
from firmware_bridge.protocol.conversation import Ending, NoProgram
from firmware_bridge.protocol.firmwares import FIRMWARES
from firmware_bridge.protocol.silence import Timings

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


@pytest.mark.parametrize("firmware", FIRMWARES.values(), ids=FIRMWARES)
def test_a_stop_that_nobody_confirms_is_told_before_its_process_is_killed(firmware):
    talk, now_s = firmware.converse(NoProgram(), Timings(), None), 0.0
    talk.begin(now_s)
    talk.stop("why", now_s)
    while not talk.over:
        talk.send(now_s)
        now_s += 0.1
    assert talk.ending is Ending.UNCONFIRMED
    assert max(now_s, safe.WITHIN_S) + 5 < STOP_WITHIN_S
