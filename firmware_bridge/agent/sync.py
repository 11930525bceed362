"""What is said to the commons, and what its answers change here."""

import random
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

import msgspec

from firmware_bridge import wire
from firmware_bridge.agent.desk import SYNC, Desk
from firmware_bridge.agent.log import log
from firmware_bridge.agent.rules.leases import CommandRefused, lease_problem, read_command, same_lease, shortened
from firmware_bridge.agent.rules.pace import INTERVAL_S, interval_s
from firmware_bridge.agent.rules.standing_arm import clock_trouble
from firmware_bridge.agent.rules.world import ENDED, NOT_BEGUN, OPEN_ATTEMPTS_MAX, Attempt, World, machine_state
from firmware_bridge.errors import BridgeError, CommonsUnreachable
from firmware_bridge.text import brief
from firmware_bridge.wire import AttemptState

COMMANDS_MAX = 8
"""What one answer may say, beside a word for each machine: the thread that reads it also hears the stop button."""

LEFT_OUT_MAX = 64
"""What one sync can carry."""


class Sync:
    """One exchange at a time; `due` says when the next one may go."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._unpublished = set(desk.machines)
        self._not_before = desk.clock()

    @property
    def due(self) -> float:
        """In the clock's time; infinity while one is under way or put off."""
        desk = self._desk
        return max(desk.next_sync, self._not_before) if desk.errands.may_go(SYNC) else float("inf")

    def send(self) -> None:
        world = self._desk.world()
        theirs = [attempt for attempt in world.attempts if not attempt.local]
        attempts = sorted(theirs, key=lambda a: a.state in ENDED)[:OPEN_ATTEMPTS_MAX]
        refusals = self._desk.store.refusals()
        published = frozenset(self._unpublished)
        request = wire.SyncRequest(
            protocol=wire.PROTOCOL_VERSION,
            bridge_version=_version(),
            machines=[
                wire.MachineReport(
                    machine=machine.id,
                    profile_sha256=machine.sha256,
                    state=machine_state(world, machine.id),
                    profile=machine.published if machine.id in published else None,
                )
                for machine in self._desk.machines.values()
            ],
            left_out=[name for name in self._desk.left_out if _may_be_known(name)][:LEFT_OUT_MAX],
            attempts=[self._report(attempt) for attempt in attempts],
            refusals=refusals,
        )
        self._desk.next_sync = float("inf")

        def done(answer: wire.SyncAnswer) -> None:
            self._unpublished -= published
            self._heard(answer, {a.id: a.state for a in attempts}, refusals[-1].number if refusals else 0)

        self._desk.errands.send(SYNC, lambda: self._desk.client.sync(request), done, self._sync_failed)

    def _report(self, attempt: Attempt) -> wire.AttemptReport:
        return wire.AttemptReport(
            attempt=attempt.id,
            fence=attempt.lease.fence,
            state=attempt.state,
            program_sha256=attempt.lease.program_sha256,
            progress=self._desk.progress_of(attempt),
            reason=attempt.reason,
        )

    def _heard(self, answer: wire.SyncAnswer, said: Mapping[str, AttemptState], refusals: int) -> None:
        self._desk.heard = self._desk.clock()
        self._in_trouble(clock_trouble(self._desk.client.clock_apart_s))
        self._not_before = self._desk.clock() + INTERVAL_S[0]
        self._desk.errands.forget(SYNC)
        # A change that came while this was under way has already asked for the next one.
        self._desk.next_sync = min(
            self._desk.next_sync,
            self._desk.clock() + interval_s(answer.interval_s, random.random()),  # noqa: S311 (keeps bridges apart)
        )
        self._desk.store.refusals_seen(min(answer.refusals_seen, refusals))
        most, world = COMMANDS_MAX + len(self._desk.machines), self._desk.world()
        for raw in answer.commands[:most]:
            self._obey(bytes(raw), world)
        if len(answer.commands) > most:
            self._desk.refuse("a flood of commands", f"{len(answer.commands)} in one answer; {most} were read")
        settled = frozenset(answer.settled)
        over = []
        for attempt in self._desk.store.open_attempts():
            if attempt.id in answer.leases and attempt.id in said:
                self._desk.expires[attempt.id] = self._desk.clock() + answer.leases[attempt.id]
            # Only what was said can have been heard.
            if attempt.id in settled and attempt.state in ENDED and said.get(attempt.id) is attempt.state:
                over.append(attempt)
        self._desk.settle(over)

    def _sync_failed(self, error: BridgeError) -> None:
        self._in_trouble(str(error))
        if not isinstance(error, CommonsUnreachable):
            self._desk.refuse("an answer to sync", str(error))
        self._desk.errands.put_off(SYNC)
        self._desk.next_sync = self._desk.clock()

    def _in_trouble(self, trouble: str) -> None:
        if trouble and trouble != self._desk.trouble:
            log(f"sync: {trouble}")
        self._desk.trouble = trouble

    def _obey(self, raw: bytes, world: World) -> None:
        try:
            command = read_command(raw)
        except CommandRefused as refused:
            self._desk.refuse(refused.what, refused.reason)
            return
        match command:
            case wire.NeedProfile(machine=machine):
                if machine in self._desk.machines:
                    self._unpublished.add(machine)
                    self._desk.hurry()
            case wire.Withdraw(attempt=attempt, fence=fence, reason=reason):
                held = self._desk.store.attempt(attempt)
                if held is None or held.local or held.lease.fence != fence:
                    return
                if held.state in NOT_BEGUN:
                    self._desk.drop(held, f"withdrawn: {brief(reason)}")
            case wire.Lease():
                self._take(command, world)

    def _take(self, lease: wire.Lease, before_it: World) -> None:
        before = self._desk.store.attempt(lease.attempt)
        if before is not None:
            # The same lease again is an answer that was lost on its way; its reports are the reply.
            if before.settled or before.local or not same_lease(before.lease, lease):
                self._desk.refuse(
                    f"lease {lease.attempt}", f"this bridge has had this attempt before; it is {before.state}"
                )
            return
        world = replace(before_it, attempts=self._desk.store.open_attempts())  # other commands may have changed them
        if len(world.attempts) >= OPEN_ATTEMPTS_MAX:
            self._desk.refuse("a flood of leases", f"{len(world.attempts)} attempts wait to be settled")
            return
        if problem := lease_problem(world, lease):
            self._desk.change(Attempt(lease=shortened(lease), state=problem.state, reason=brief(problem.reason)))
            log(f"lease {lease.attempt} {problem.state}: {brief(problem.reason)}")
            return
        self._desk.expires[lease.attempt] = self._desk.clock() + lease.expires_in_s
        self._desk.change(Attempt(lease=lease))
        log(f"holding {lease.attempt} for {lease.machine}: {brief(lease.title, 80)}")


def _may_be_known(name: str) -> bool:
    """Whether a machine of that name can ever have been published."""
    try:
        msgspec.convert(name, wire.Identifier)
    except msgspec.ValidationError:
        return False
    return True


def _version() -> str:
    try:
        return version("fabrication-commons")
    except PackageNotFoundError:
        return "uninstalled"  # run from a checkout
