"""A lease on its way: its program fetched and checked, its start asked for, its run watched to the end."""

from dataclasses import replace

from firmware_bridge import gcode, wire
from firmware_bridge.agent.desk import Desk
from firmware_bridge.agent.log import log
from firmware_bridge.agent.rules.steps import why_waiting
from firmware_bridge.agent.rules.world import NOT_BEGUN, Attempt, Bench, Hot, Machine
from firmware_bridge.agent.runs.process import Outcome, PrintOnHost, Run, StreamProgram, SwitchOff, Work
from firmware_bridge.errors import (
    BridgeError,
    CommonsRefused,
    CommonsUnreachable,
    GateError,
    MachineError,
    ProfileError,
    ProgramWrong,
)
from firmware_bridge.journal.resumption import resume_within_s
from firmware_bridge.machine import Link
from firmware_bridge.program import sha256_of
from firmware_bridge.protocol.firmwares import MARLIN
from firmware_bridge.text import brief, with_reason
from firmware_bridge.wire import AttemptState

FETCHES_MAX = 12
"""Failed downloads in a row, some five minutes, before the job is given back for somebody else."""


class Conductor:
    """Every method returns at once: what is slow is an errand or a process of its own."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def fetch(self, attempt: Attempt) -> None:
        lease, machine = attempt.lease, self._desk.machines[attempt.lease.machine]
        program = self._desk.home.program(lease.program_sha256)

        def work() -> None:
            if not (program.exists() and sha256_of(program) == lease.program_sha256):
                if attempt.local:
                    raise BridgeError("it is no longer on this disk: bring it again")
                self._desk.client.download(lease.attempt, program, lease.program_bytes, lease.program_sha256)
            gcode.verify(program, machine.published, lease.material)

        def done(_: None) -> None:
            held = self._desk.store.attempt(attempt.id)
            if held is not None and held.state in NOT_BEGUN:
                checked = replace(held, checked=True)
                self._desk.change(checked)
                log(f"attempt {attempt.id} is checked and waits for {why_waiting(self._desk.world(), checked)}")
            self._desk.errands.forget(("fetch", attempt.id))

        self._desk.errands.send(("fetch", attempt.id), work, done, lambda error: self._not_fetched(attempt, error))

    def _not_fetched(self, attempt: Attempt, error: BridgeError) -> None:
        held = self._desk.store.attempt(attempt.id)
        if held is None or held.state not in NOT_BEGUN:
            return
        if isinstance(error, ProgramWrong | GateError | ProfileError):
            self._desk.fail(held, str(error))
        elif not isinstance(error, CommonsUnreachable) or self._desk.errands.put_off(("fetch", held.id)) >= FETCHES_MAX:
            self._desk.drop(held, f"its program cannot be had: {error}")

    def ask_start(self, attempt: Attempt) -> None:
        first = not attempt.start_asked
        asked = self._desk.store.put(replace(attempt, start_asked=True))
        request = wire.StartRequest(fence=asked.lease.fence, program_sha256=asked.lease.program_sha256)
        self._desk.errands.send(
            ("start", asked.id),
            lambda: self._desk.client.start(asked.id, request),
            lambda answer: self._may_start(asked.id, answer, first=first),
            lambda error: self._not_started(asked.id, error),
        )

    def _may_start(self, attempt_id: str, answer: wire.StartAnswer, *, first: bool) -> None:
        """`first`: no answer to an earlier asking was lost, so a no means that it was never begun."""
        self._desk.errands.forget(("start", attempt_id))
        attempt = self._desk.store.attempt(attempt_id)
        if attempt is None or attempt.state is not AttemptState.ARMED:
            return  # stopped or withdrawn meanwhile, and reported as such
        if not answer.started:
            refused = replace(attempt, start_asked=not first)
            self._desk.drop(refused, f"the commons did not let it begin: {brief(answer.reason)}")
        elif not self._desk.ending and not why_waiting(self._desk.world(), attempt):
            self.begin(attempt)
        # Else the answer stays good: it is asked for again once nothing is missing.

    def _not_started(self, attempt_id: str, error: BridgeError) -> None:
        attempt = self._desk.store.attempt(attempt_id)
        if isinstance(error, CommonsRefused) and attempt is not None and attempt.state is AttemptState.ARMED:
            self._desk.drop(attempt, f"the commons did not let it begin: {brief(str(error))}")
        else:
            self._desk.errands.put_off(("start", attempt_id))

    def begin(self, attempt: Attempt) -> None:
        """The one place where a program begins: armed, checked, its bed clear, its start granted where one is asked."""
        machine = self._desk.machines[attempt.lease.machine]
        begun = self._desk.store.begin(attempt, Hot(machine.profile.firmware, machine.profile.link))
        self._desk.hurry()
        log(f"attempt {begun.id} begins on {machine.id}")
        try:
            work = self._work(begun, machine, machine.profile.link, again=False)
            self._desk.runs[machine.id] = Run(machine.id, begun.id, work)
        except MachineError as error:
            self._over(begun, Outcome(state="failed", safe=True, reason=str(error)))

    def go_on(self, attempt: Attempt) -> None:
        """With a run that was cut off a moment ago, where the firmware stands; else it is lost."""
        machine = self._desk.machines[attempt.lease.machine]
        hot = self._desk.store.benches()[machine.id].hot
        assert hot is not None  # noqa: S101 (`begin` wrote it together with the state)
        log(f"attempt {attempt.id} on {machine.id} was cut off: asking the machine where it stands")
        try:
            work = self._work(attempt, machine, hot.link, again=True)
            self._desk.runs[machine.id] = Run(machine.id, attempt.id, work)
        except MachineError as error:
            self._over(attempt, Outcome(state="lost", safe=False, reason=str(error)))

    def rejoin(self, attempt: Attempt) -> None:
        """Goes on watching what a host prints."""
        machine = self._desk.machines[attempt.lease.machine]
        log(f"attempt {attempt.id} is looked for at {machine.profile.link.address}")
        try:
            work = self._work(attempt, machine, machine.profile.link, again=True)
            self._desk.runs[machine.id] = Run(machine.id, attempt.id, work)
        except MachineError as error:
            self._unwatched(machine.id, str(error))

    def _unwatched(self, machine: str, why: str) -> None:
        self._desk.errands.put_off(("watch", machine))
        log(f"nobody watches what the host of {machine} prints: {why}")

    def _work(self, attempt: Attempt, machine: Machine, link: Link, *, again: bool) -> Work:
        """`again`: it was begun before."""
        if link.hosted:
            return PrintOnHost(
                attempt=attempt.id,
                program=str(self._desk.home.program(attempt.lease.program_sha256)),
                program_sha256=attempt.lease.program_sha256,
                estimate_s=attempt.lease.estimate_s,
                link=link,
                journal=str(self._desk.home.journal(attempt.id)),
                lock=str(self._desk.home.machine_lock(machine.id)),
                rejoin=again,
            )
        return StreamProgram(
            firmware=machine.profile.firmware,
            program=str(self._desk.home.program(attempt.lease.program_sha256)),
            program_sha256=attempt.lease.program_sha256,
            estimate_s=attempt.lease.estimate_s,
            link=link,
            claimed=self._desk.claimed(machine.id),
            found=str(self._desk.home.found),
            journal=str(self._desk.home.journal(attempt.id)),
            lock=str(self._desk.home.machine_lock(machine.id)),
            limits=machine.profile.limits,
            volume=machine.profile.volume,
            resumes=again,
            resume_within_s=resume_within_s(machine.profile),
        )

    def hear(self, run: Run) -> bool:
        """Reads what a run says; True once it has ended and is gone from `runs`."""
        outcome = run.read()
        if outcome is None:
            return False
        del self._desk.runs[run.machine]
        if run.attempt is None:
            self._switched_off(run.machine, outcome)
        elif run.hosted and run.died and run.stopping_since is None:
            self._unwatched(run.machine, outcome.reason)
        else:
            attempt = self._desk.store.attempt(run.attempt)
            assert attempt is not None  # noqa: S101 (`begin` wrote it)
            if run.progress is not None:
                self._desk.last_progress[attempt.id] = run.progress
            self._over(attempt, outcome)
        return True

    def _over(self, attempt: Attempt, outcome: Outcome) -> None:
        machine = self._desk.machines[attempt.lease.machine]
        # What `begin` wrote: its owner may have given the machine another port since.
        hot = None if outcome.safe else self._desk.store.benches()[machine.id].hot
        if not outcome.safe:
            self._desk.unsafe[machine.id] = outcome.reason
        bench = Bench(bed_clear=machine.profile.virtual, hot=hot)
        self._desk.store.end(attempt, AttemptState(outcome.state), outcome.reason, bench)
        self._desk.errands.forget(("watch", machine.id))
        self._desk.hurry()
        log(f"attempt {attempt.id} on {machine.id} is {with_reason(outcome.state, outcome.reason)}")

    def make_safe(self, machine: str, hot: Hot) -> None:
        # The owner may have changed the key since, or the speed; the port or host must be the one that was left hot.
        profile = self._desk.machines[machine].profile if machine in self._desk.machines else None
        link, firmware = hot.link, hot.firmware or (profile.firmware if profile else MARLIN.name)
        if profile and (profile.link.host, profile.link.address) == (link.host, link.address):
            link = profile.link
        try:
            home, claimed = self._desk.home, self._desk.claimed(machine)
            lock = str(home.machine_lock(machine))
            work = SwitchOff(firmware=firmware, link=link, claimed=claimed, found=str(home.found), lock=lock)
            self._desk.runs[machine] = Run(machine, None, work)
        except MachineError as error:
            self._switched_off(machine, Outcome(state="failed", safe=False, reason=str(error)))

    def _switched_off(self, machine: str, outcome: Outcome) -> None:
        key, known = ("safe", machine), self._desk.machines.get(machine)
        mills = known is not None and known.mills
        if not outcome.safe:
            self._desk.errands.put_off(key)
            self._desk.unsafe[machine] = outcome.reason
            log(f"{machine} {'may still turn its spindle' if mills else 'may still be hot'}: {outcome.reason}")
            return
        self._desk.errands.forget(key)
        self._desk.unsafe.pop(machine, None)
        bench = self._desk.world().bench(machine)
        self._desk.store.set_bench(machine, replace(bench, hot=None))
        self._desk.hurry()
        log(f"{machine}: {'its spindle is' if mills else 'heaters are'} off")
