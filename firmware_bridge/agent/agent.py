"""The agent: what arrives (answers, words of runs, requests of people) changes the desk; `advance` acts on it.

One thread owns everything here. Nothing in it waits: asking the commons is an errand, driving a machine a
process.
"""

from dataclasses import replace

from firmware_bridge.agent import restart
from firmware_bridge.agent.desk import Desk
from firmware_bridge.agent.log import log
from firmware_bridge.agent.presence import Presence
from firmware_bridge.agent.rules.steps import Action, Arm, AskStart, Begin, Disarm, Fetch, Lapse, MakeSafe, Rejoin, todo
from firmware_bridge.agent.rules.world import ENDED, machine_state
from firmware_bridge.agent.runs.conductor import Conductor
from firmware_bridge.agent.runs.process import Run
from firmware_bridge.agent.sync import Sync
from firmware_bridge.text import with_reason
from firmware_bridge.wire import AttemptState, MachineState

SWITCH_OFF_WITHIN_S = 60.0
"""How long a bridge that ends waits for what switches a machine off; less than its service manager waits for it."""
TICK_S = 1.0
"""How late a port that appeared, an hour that struck or a lease that ran out may be noticed."""


class Agent:
    """Begins by settling what the bridge before it left open, and goes on with what may go on."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._leave_at = float("inf")
        before = {attempt.id: attempt.state for attempt in desk.store.open_attempts()}
        going_on = restart.recover(desk.home, desk.store, desk.machines)
        self._sync, self._conductor, self._presence = Sync(desk), Conductor(desk), Presence(desk)
        for attempt in going_on:
            self._conductor.go_on(attempt)
        for attempt in desk.store.open_attempts():
            desk.expires[attempt.id] = desk.clock() + attempt.lease.expires_in_s
            if before[attempt.id] not in ENDED:  # what an earlier bridge saw end is no news
                log(f"attempt {attempt.id} on {attempt.lease.machine} is {with_reason(attempt.state, attempt.reason)}")

    def advance(self) -> float:
        """Does what is due; returns in how many s it should be asked again at the latest."""
        desk = self.desk
        for run in desk.runs.values():
            run.enforce(desk.clock())
        if desk.ending:
            return TICK_S
        self._presence.ask()
        actions = todo(desk.world())
        for action in actions:
            self._act(action)
        due = self._sync.due
        if desk.clock() >= due:
            self._sync.send()
        if any(isinstance(action, Arm | Lapse) for action in actions):
            return 0.0  # more follows from these at once
        soonest = min(due, desk.errands.next_try())
        return min(max(soonest - desk.clock(), 0.0), TICK_S)

    def end(self) -> None:
        """Begins to leave: every program is stopped safely, but those that a host prints; nothing new is begun."""
        first, self.desk.ending = self._leave_at == float("inf"), True
        self._leave_at = min(self._leave_at, self.desk.clock() + SWITCH_OFF_WITHIN_S)
        for run in self.awaited():
            if run.attempt is not None:
                run.stop("the bridge was ended at the workshop", self.desk.clock())
                if first:
                    log(f"{run.machine} is being stopped, for the bridge ends")

    def left(self) -> list[str]:
        """How each machine is left, for who ended the bridge."""
        world, said = self.desk.world(), []
        for machine in self.desk.machines.values():
            state, why = machine_state(world, machine.id), self.desk.trouble_of(machine, world)
            if state is MachineState.RUNNING:
                why = "its host goes on, and the next bridge looks for it there"
            elif state is MachineState.HOLDING:
                why = "what it holds cannot begin before a bridge runs again"
            said.append(f"{machine.id} is left {with_reason(state, why)}")
        return said

    def awaited(self) -> list[Run]:
        """The runs that a bridge sees through before it goes: of programs, and for a while what only switches a
        machine off, which a service manager would kill with it. A host needs no bridge to go on."""
        late = self.desk.clock() >= self._leave_at
        return [run for run in self.desk.runs.values() if not run.hosted and not (late and run.attempt is None)]

    def hear(self, run: Run) -> bool:
        """Reads what a run says; True once it has ended and is gone from `desk.runs`."""
        return self._conductor.hear(run)

    def _act(self, action: Action) -> None:
        desk = self.desk
        match action:
            case Lapse(attempt, reason):
                desk.drop(attempt, reason)
            case Arm(attempt):
                desk.change(replace(attempt, state=AttemptState.ARMED))
                log(f"attempt {attempt.id} is armed by the owner's standing arm")
            case Disarm(attempt, reason):
                desk.change(replace(attempt, state=AttemptState.LEASED, reason=reason))
                log(f"attempt {attempt.id} is {reason}")
            case Fetch(attempt) if desk.errands.may_go(("fetch", attempt.id)):
                self._conductor.fetch(attempt)
            case AskStart(attempt) if desk.errands.may_go(("start", attempt.id)):
                self._conductor.ask_start(attempt)
            case Begin(attempt):
                self._conductor.begin(attempt)
            case Rejoin(attempt) if desk.errands.may_go(("watch", attempt.lease.machine)):
                self._conductor.rejoin(attempt)
            case MakeSafe(machine, hot) if desk.errands.may_go(("safe", machine)):
                self._conductor.make_safe(machine, hot)
            case _:
                pass  # under way, or waiting to be tried again
