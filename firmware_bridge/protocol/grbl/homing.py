"""Homing on its owner's word: the one motion that a bridge begins outside a program.

Pure, as the conversations are: bytes and the time go in, bytes come out. Grbl answers nothing while it homes, not even
`?` (`limits_go_home`, limits.c), so only its `ok` or an alarm ends the wait. Nor does it behind a limit that was hit,
until it is reset (`protocol_exec_rt_system`, protocol.c).
"""

import math
from enum import StrEnum, auto

from firmware_bridge.protocol.grbl.codes import alarm_text, error_text
from firmware_bridge.protocol.grbl.lines import HOME, RESET, STATUS
from firmware_bridge.protocol.grbl.replies import Reply, read_reply, read_status
from firmware_bridge.protocol.grbl.reports import WHY_NOT_BEGIN
from firmware_bridge.protocol.received import Received

AGAIN_S, GIVE_UP_S = 1.0, 15.0
DEAF_S = 3.5
"""What has not answered `?` for so long is reset: where it runs a program, or moves at all, it answers."""
SETTLE_S = 0.3
"""After a greeting, for what else it says about the alarm it was in."""
HOMING_S = 900.0
"""Each of three axes one and a half times along a travel of two metres, at the speed of a small router."""
BROKEN_OFF = "homing was broken off, so its position is not known: home it again"
HOW = {
    5: "; where it has switches, set $22=1; a grblHAL without any takes where it stands for its home, with $22=33 and"
    " $44=0, $45=0, $46=0"
}
"""grblHAL takes an axis in no homing cycle for homed where it stands (`mc_homing_cycle`, motion_control.c)."""
UNCONFIRMED = "; it does not say that it stands still: look at it now"


class Step(StrEnum):
    """What is waited for."""

    ASKING = auto()
    """Its state, by `?`."""
    RESETTING = auto()
    """Its greeting: behind a limit that was hit it hears nothing but a reset, and in check mode `$H` moves nothing."""
    SETTLING = auto()
    HOMING = auto()
    LOOKING = auto()
    """Its state, once it has said that it is homed."""
    BREAKING_OFF = auto()


FROM_ALARM = frozenset({"Alarm", "Check", "Sleep"})
"""States that a reset leads out of and nothing is lost by."""
PATIENCE_S = {Step.ASKING: DEAF_S, Step.SETTLING: SETTLE_S, Step.HOMING: HOMING_S, Step.LOOKING: HOMING_S}
REPEATED = {Step.ASKING: STATUS, Step.RESETTING: RESET, Step.LOOKING: STATUS, Step.BREAKING_OFF: RESET}


class Homing:
    """`over` once it is homed, or is not and `reason` says why."""

    def __init__(self) -> None:
        self.over = False
        self.moved = False
        """It was told to home, so it may be moving."""
        self.reason = ""
        self._step = Step.ASKING
        self._out = b""
        self._again_at = self._end_at = math.inf
        self._received = Received()

    @property
    def wake_at(self) -> float:
        return -math.inf if self._out else min(self._again_at, self._end_at)

    def begin(self, now: float) -> None:
        self._enter(Step.ASKING, now)

    def stop(self, reason: str, now: float) -> None:
        """Ends it: by a reset, where it may be moving."""
        if self.over or self._step is Step.BREAKING_OFF:
            return
        if self.moved:
            self.reason = f"{reason}: {BROKEN_OFF}"
            self._enter(Step.BREAKING_OFF, now)
        else:
            self._end(f"{reason}: nothing was moved")

    def feed(self, data: bytes, now: float) -> None:
        for line in self._received.lines(data):
            if not self.over:
                self._take(*read_reply(line.strip()), now)

    def send(self, now: float) -> bytes:
        """What to write now."""
        if now >= self._end_at:
            self._late(now)
        elif now >= self._again_at:
            self._out, self._again_at = REPEATED[self._step], now + AGAIN_S
        out, self._out = self._out, b""
        return out

    def _take(self, reply: Reply, words: tuple[bytes, ...], now: float) -> None:
        match self._step, reply:
            case Step.ASKING, Reply.STATUS:
                self._begin_from(read_status(words).state, now)
            case Step.RESETTING, Reply.WELCOME:
                self._enter(Step.SETTLING, now)
            case Step.HOMING, Reply.OK:
                self._enter(Step.LOOKING, now)
            case Step.HOMING, Reply.ERROR:
                self._end(f"it does not home: {error_text(int(words[0]))}{HOW.get(int(words[0]), '')}")
            case ((Step.HOMING | Step.LOOKING), Reply.ALARM):
                self._end(f"it was not homed: {alarm_text(int(words[0]))}")
            case ((Step.HOMING | Step.LOOKING), Reply.WELCOME):
                self._end("it was reset while it homed: home it again")
            case Step.LOOKING, Reply.STATUS:
                self._look(read_status(words).state)
            case Step.BREAKING_OFF, Reply.WELCOME:
                self._end(self.reason)
            case _:
                pass

    def _begin_from(self, state: str, now: float) -> None:
        if state == "Idle":
            self._enter(Step.HOMING, now)
        elif state in FROM_ALARM:
            self._enter(Step.RESETTING, now)
        else:
            self._end(WHY_NOT_BEGIN.get(state, f"it is in state {state}"))

    def _look(self, state: str) -> None:
        # grblHAL says while it homes that it does: the `ok` was for something else. A start-up line ($N0) may move it.
        if state not in ("Home", "Run"):
            self._end("" if state == "Idle" else f"it says that it was homed, and is in state {state}")

    def _enter(self, step: Step, now: float) -> None:
        self._step = step
        self.moved |= step is Step.HOMING
        self._out = HOME if step is Step.HOMING else REPEATED.get(step, b"")
        self._again_at = now + AGAIN_S if step in REPEATED else math.inf
        self._end_at = now + PATIENCE_S.get(step, GIVE_UP_S)

    def _late(self, now: float) -> None:
        match self._step:
            case Step.ASKING:
                self._enter(Step.RESETTING, now)
            case Step.SETTLING:
                self._enter(Step.HOMING, now)
            case Step.HOMING | Step.LOOKING:
                self.stop(f"it has not said within {HOMING_S:g} s that it is homed", now)
            case Step.BREAKING_OFF:
                self._end(self.reason + UNCONFIRMED)
            case _:
                self._end(f"it has not answered for {GIVE_UP_S:g} s")

    def _end(self, reason: str) -> None:
        self.over, self.reason, self._out = True, reason, b""
