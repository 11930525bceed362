"""Where the firmware says that it stands: which of its reports are believed, and what follows from one."""

from firmware_bridge.protocol.conversation import Whereabouts
from firmware_bridge.protocol.marlin.feeder import Feeder
from firmware_bridge.protocol.marlin.lines import question
from firmware_bridge.protocol.marlin.states import Judgement, Signal, State

ATTEMPTS, ATTEMPTS_S = 30, 60.0
"""Rewinds to one line, and how long they have gone on, before we say that it cannot get through: thirty of them are
over in two seconds, and what damages each (a motor that starts beside the cable) may last longer than that."""
STRANGE_REPORTS = 3
"""So many reports in a row of a line sent long ago mean a restart; one may be a garbled digit."""


class Standing:
    """A report names the line that was accepted last, and comes twice: as an error (`fresh`), then as a resend."""

    def __init__(self, feeder: Feeder, found: Whereabouts | None) -> None:
        self.is_told = False
        """It has named a line at all, and so it numbers them."""
        self.is_heard_out = False
        """Every line of the program is in, and of the answers that say so only an `ok` is left, which Marlin says when
        its receive buffer is empty (`GCodeQueue::flush_and_request_resend`)."""
        self._feeder, self._found = feeder, found or Whereabouts(0, 0)
        self._last = self._proven = 0
        self._located: int | None = None
        self._attempts = self._strange = self._asked = self._unanswered = 0
        self._first_at = 0.0

    def question(self) -> bytes:
        """With another number at each asking: in [last-1, last] it would be dropped without an answer."""
        self._asked += 1
        self._unanswered += 1
        return question(self._feeder.backlog.total + 1_000 + 7 * self._asked)

    def executed(self, state: State) -> Judgement | None:
        """What follows where the question itself was, as an M105 without a number: it numbers no lines."""
        if state is State.LOCATING and not self.is_told:
            return Signal.ELSEWHERE, "the firmware does not number lines: nobody can know where it stands"
        if state is State.CHECKING or not self.is_told:
            return Signal.OK_TEMPERATURE, ""
        return None

    def report(self, last: int, state: State, now: float, *, fresh: bool) -> Judgement | None:
        """What follows in this state; None where the same must be said again to be believed."""
        self.is_told = True
        if fresh:
            self._unanswered = max(self._unanswered - 1, 0)
        self.is_heard_out = state is State.SETTLING and not fresh and not self._unanswered
        if state is State.LOCATING:
            return self._locate(last)
        backlog = self._feeder.backlog
        if not fresh and last == self._last and last <= backlog.reached:
            self._proven = max(self._proven, last)
        if last == {State.CHECKING: 0, State.CLOSING: backlog.total}.get(state):
            self._last, self._attempts = last, 0
            return Signal.IN_PLACE, ""
        if fresh:
            self._attempts = self._attempts + 1 if last <= self._last else 1
            if self._attempts == 1:
                self._first_at = now
            if self._attempts > ATTEMPTS and now - self._first_at > ATTEMPTS_S:
                return Signal.TOO_OFTEN, f"line {last + 1} does not get through ({self._attempts} attempts)"
        self._last = last
        if state in (State.PRINTING, State.CLOSING):
            return self._rewind(last, fresh=fresh)
        return Signal.OUT_OF_PLACE, ""

    def _locate(self, last: int) -> Judgement | None:
        """Believed where two reports in a row name the same line: one may be garbled. Repetier and Smoothie say one
        to each question, others an error and a resend."""
        if last != self._located:
            self._located = last
            return None
        self._last = last
        found = self._found
        if found.acknowledged <= last <= found.reserved:
            self._feeder.flight.acknowledged = last
            self._feeder.backlog.begin(after=last)
            return Signal.IN_PLACE, ""
        if last < 0:
            return Signal.ELSEWHERE, "the machine was reset since: it counts from 0 again"
        asked = f"it stands at line {last}, and lines {found.acknowledged} to {found.reserved} were possible"
        return Signal.ELSEWHERE, f"the machine was reset or used since: {asked}"

    def _rewind(self, last: int, *, fresh: bool) -> Judgement:
        backlog = self._feeder.backlog
        if max(backlog.oldest, self._proven) <= last <= backlog.reached:
            self._strange = 0
            self._feeder.flight.acknowledged = last
        elif fresh:
            # A garbled number, or a firmware that forgot: send what is unacknowledged and listen again.
            self._strange += 1
        self._feeder.rewind(damaged=fresh)
        if self._strange >= STRANGE_REPORTS:
            return Signal.RESTART, f"the firmware asks for line {last + 1}, sent long ago: it must have restarted"
        return Signal.OUT_OF_PLACE, ""
