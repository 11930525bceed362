"""Asking a machine over an open port: at which rate it talks, and what it says to a question.

Only `PROBE`, `SPEAK` and the questions of `KINDS` and `QUESTIONS` are ever sent: none moves or heats anything.
"""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from firmware_bridge.errors import LinkLost, MachineError
from firmware_bridge.identity import grbl, marlin
from firmware_bridge.identity.identity import Answers
from firmware_bridge.identity.intelligible import PROBE, RATES, Verdict, judge
from firmware_bridge.protocol.marlin.lines import PROBE as SPEAK
from firmware_bridge.text import brief
from firmware_bridge.transport.port import Port, TunablePort

QUESTIONS = {"marlin": marlin.QUESTIONS, "grbl": grbl.QUESTIONS}
FIRST_S, OTHER_S = 2.5, 0.8
"""How long a rate is given: the first while the board may still be starting, the others twice the longest answer."""
AGAIN_S = 0.4
ROUNDS = 2
"""A board whose loader and SD card take their time is met in the second; all of it takes at most 16 s."""
QUIET_S, SETTLE_S = 0.25, 3.0
ANSWER_S = 5.0
SPEAK_S = 8.0
ANSWER_BYTES = 65_536

_END = {"marlin": re.compile(r"ok\b.*"), "grbl": re.compile(r"ok|error: ?\S.*")}
_TEMPERATURE = re.compile(r"\s*T\d?:\s*-?\d")
_BUSY = re.compile(r"(echo:)?\s*busy:")
_SPOKEN = re.compile(rb"^(ok .*T\d?:|ok \d+\r?\nT\d?:|error:).*\n", re.MULTILINE)
_STATUS = re.compile(rb"<(\w+)[|:,>]")
_AT_REST = frozenset({b"Idle", b"Alarm", b"Check", b"Sleep"})


@dataclass(frozen=True)
class Rate:
    baud: int
    firmware: str


def find_rate(
    port: TunablePort, first: int = 0, rates: Iterable[int] = RATES, clock: Callable[[], float] = time.monotonic
) -> Rate:
    """The rate at which a firmware talks, and which firmware it is. `first`: a rate to try before the others.

    Raises `LinkLost` where none does, saying whether anything was heard at all.
    """
    order = [first, *(rate for rate in rates if rate != first)] if first else list(rates)
    heard, refused = False, set[int]()
    for patience_s in (FIRST_S, *[OTHER_S] * (len(order) * ROUNDS - 1)):
        baud = order[0]
        order.append(order.pop(0))
        try:
            port.set_baud(baud)
        except LinkLost:
            # An adapter has rates that it cannot do. A port that is gone refuses them all.
            refused.add(baud)
            if len(refused) == len(order):
                raise
            continue
        verdict = _listen(port, PROBE, patience_s, clock)
        heard = heard or verdict.heard
        if verdict.understood:
            return Rate(baud, _synchronise(port, verdict.firmware, clock))
    tried = ", ".join(str(rate) for rate in sorted(set(order) - refused))
    if heard:
        raise LinkLost(f"something answers, and not in words, at any of {tried} baud: give its rate with --baud")
    raise LinkLost(f"nothing answers at any of {tried} baud: is the machine switched on, and is this its port?")


def which_firmware(port: Port, clock: Callable[[], float] = time.monotonic) -> str:
    """Which firmware talks at the rate the port has. Raises `LinkLost` where none does."""
    verdict = _listen(port, PROBE, FIRST_S, clock)
    if not verdict.understood:
        how = "what it says cannot be understood" if verdict.heard else "it says nothing"
        raise LinkLost(f"{how} at this rate: try --baud auto")
    return _synchronise(port, verdict.firmware, clock)


def _synchronise(port: Port, firmware: str, clock: Callable[[], float]) -> str:
    """Until everything sent so far is answered; which firmware it is. A board may greet and still be starting: what it
    answers late would be taken for the answer to the next question. `ok T:` proves all before it was taken."""
    settle(port, clock)
    if firmware == "grbl":
        return firmware  # it reads its lines as soon as it has greeted
    # What tells one that only said `ok`: Marlin gives temperatures (Repetier behind its `ok`), Grbl an error.
    port.write(SPEAK)
    received, deadline = b"", clock() + SPEAK_S
    while clock() < deadline and not _SPOKEN.search(received):
        received += port.read(deadline - clock())
    settle(port, clock)
    return firmware or judge(received).firmware or "marlin"


def _listen(port: Port, probe: bytes, patience_s: float, clock: Callable[[], float]) -> Verdict:
    """Asks, and again, until it is told which firmware answers. An `ok` alone is given a moment to become more."""
    received, now = b"", clock()
    deadline, again_at = now + patience_s, now
    while now < deadline:
        if now >= again_at:
            port.write(probe)
            again_at = now + AGAIN_S
        received = (received + port.read(min(again_at, deadline) - now))[-ANSWER_BYTES:]
        now = clock()
        verdict = judge(received)
        if verdict.firmware:
            return verdict
        if verdict.understood:
            deadline = min(deadline, again_at)
    return judge(received)


def settle(port: Port, clock: Callable[[], float] = time.monotonic) -> None:
    """Until nothing comes any more: late answers must not be taken for those of what is asked next."""
    deadline = clock() + SETTLE_S
    while port.read(QUIET_S) and clock() < deadline:
        pass


def ask_all(
    port: Port, firmware: str, questions: Iterable[str], clock: Callable[[], float] = time.monotonic
) -> Answers:
    """The answer to each question. Raises `MachineError` of a machine at work, `LinkLost` of one that is silent."""
    if firmware == "grbl":
        _at_rest(port, clock)
    return {question: _ask(port, firmware, question, clock) for question in questions}


def _ask(port: Port, firmware: str, question: str, clock: Callable[[], float]) -> tuple[str, ...]:
    port.write(f"{question}\n".encode())
    lines: list[str] = []
    pending, deadline, ended = b"", clock() + ANSWER_S, False
    while clock() < deadline and len(pending) < ANSWER_BYTES:
        received = port.read(QUIET_S if ended else deadline - clock())
        if ended and not received:
            return tuple(lines)
        *whole, pending = (pending + received).split(b"\n")
        for raw in whole:
            line = brief(raw.decode("utf-8", "replace").rstrip("\r"), 1_000)
            if _BUSY.match(line):
                raise MachineError("the machine is at work: ask it again when it is idle")
            if _END[firmware].fullmatch(line):
                if ":" in line:  # Klipper says all it has to say there
                    return (*lines, line)
                if lines or firmware != "marlin":
                    return tuple(lines)
                ended = True  # Repetier answers behind its `ok`
            elif question == "M105" or not _TEMPERATURE.match(line):  # it may report them by itself
                lines.append(line)
    raise LinkLost(f"the machine did not answer {question} within {ANSWER_S:g} s")


def _at_rest(port: Port, clock: Callable[[], float]) -> None:
    """Grbl's `?` is answered at any time, and is no line (`doc/markdown/interface.md`, real-time commands)."""
    port.write(b"?")
    received, deadline = b"", clock() + ANSWER_S
    while clock() < deadline:
        received += port.read(deadline - clock())
        if match := _STATUS.search(received):
            if match[1] not in _AT_REST:
                state = match[1].decode("ascii", "replace")
                raise MachineError(f"the machine is at work (it says {state}): ask it again when it is idle")
            settle(port, clock)
            return
    raise LinkLost(f"the machine did not answer ? within {ANSWER_S:g} s")
