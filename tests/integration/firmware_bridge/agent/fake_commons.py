"""A commons in a thread of the test's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Protocol

import msgspec

from firmware_bridge import wire
from firmware_bridge.wire import AttemptState
from tests.integration.firmware_bridge.served import Served, reply
from tests.waiting import until

ENDED = {AttemptState.FINISHED, AttemptState.FAILED, AttemptState.LOST, AttemptState.LAPSED}


class Asked(Protocol):
    def status(self) -> dict[str, object]: ...


@dataclass
class FakeCommons(Served):
    """Speaks the wire for real; what it offers and how it lies is the test's business.

    `overrides` maps a path to what a handler writes instead of the right answer.
    """

    interval_s: float = 0.2
    offered: dict[str, wire.Lease] = field(default_factory=dict)
    programs: dict[str, bytes] = field(default_factory=dict)
    states: dict[str, list[AttemptState]] = field(default_factory=dict)
    reports: dict[str, wire.AttemptReport] = field(default_factory=dict)
    machines: dict[str, wire.MachineReport] = field(default_factory=dict)
    profiles: dict[str, wire.PublishedProfile] = field(default_factory=dict)
    refusals: dict[int, wire.Refusal] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    listed: tuple[list[str], list[str]] = ([], [])
    """The machines of the latest sync, and those left out of it."""
    once: list[bytes] = field(default_factory=list)
    """Commands given with the next answer."""
    overrides: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    syncs: int = 0
    settling: bool = True
    renewing: bool = True

    def handle(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        path = handler.path.removeprefix("/agent/v1/")
        if handler.path in self.overrides:
            self.overrides[handler.path](handler)
        elif handler.headers.get("Authorization") != "Bearer secret":
            reply(handler, 401, b'{"error":"who are you?"}')
        elif path == "sync":
            request = msgspec.json.decode(body, type=wire.SyncRequest)
            reply(handler, 200, msgspec.json.encode(self.sync(request)))
        elif path.endswith("/start"):
            attempt = path.split("/")[1]
            asked = msgspec.json.decode(body, type=wire.StartRequest)
            good = attempt in self.offered and asked.fence == self.offered[attempt].fence
            if good:
                self.started.append(attempt)
            reply(handler, 200, msgspec.json.encode(wire.StartAnswer(started=good, reason="" if good else "no lease")))
        elif path.endswith("/program") and path.split("/")[1] in self.programs:
            reply(handler, 200, self.programs[path.split("/")[1]])
        else:
            reply(handler, 404, b'{"error":"nothing here"}')

    def sync(self, request: wire.SyncRequest) -> wire.SyncAnswer:
        commands, self.once = self.once, []
        for report in request.machines:
            self.machines[report.machine] = report
            if report.profile is not None:
                assert report.profile.sha256() == report.profile_sha256
                self.profiles[report.machine] = report.profile
            elif report.machine not in self.profiles:
                commands.append(msgspec.json.encode(wire.NeedProfile(machine=report.machine)))
        for attempt in request.attempts:
            states = self.states.setdefault(attempt.attempt, [])
            if not states or states[-1] is not attempt.state:
                states.append(attempt.state)
            self.reports[attempt.attempt] = attempt
        for refusal in request.refusals:
            self.refusals[refusal.number] = refusal
        self.syncs += 1
        self.listed = ([report.machine for report in request.machines], request.left_out)
        known = {attempt.attempt for attempt in request.attempts} | set(self.states)
        commands += [msgspec.json.encode(lease) for lease in self.offered.values() if lease.attempt not in known]
        return wire.SyncAnswer(
            interval_s=self.interval_s,
            commands=[msgspec.Raw(command) for command in commands],
            settled=[a.attempt for a in request.attempts if self.settling and a.state in ENDED],
            leases={a.attempt: 60.0 for a in request.attempts if self.renewing and a.state not in ENDED},
            refusals_seen=max(self.refusals, default=0),
        )

    def answer(self, handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        reply(handler, status, body)

    def override(self, path: str, status: int, body: bytes = b"", **headers: str) -> None:
        """From now on this path answers that."""
        self.overrides[f"/agent/v1/{path}"] = lambda handler: reply(handler, status, body, **headers)

    def state(self, attempt: str) -> AttemptState | None:
        return self.states[attempt][-1] if attempt in self.states else None

    def reached(self, attempt: str, state: AttemptState) -> None:
        until(lambda: state in self.states.get(attempt, []), f"{attempt} {state}", lambda: self.states.get(attempt))

    def reached_profile(self, machine: str) -> None:
        until(lambda: machine in self.profiles, f"the profile of {machine}")

    def heard_trouble(self, shed: Asked, named: str) -> None:
        """The bridge says so to its owner while it cannot say it to the commons."""
        until(lambda: named in str(shed.status()["trouble"]), f"trouble: {named}")

    def refused(self, named: str) -> wire.Refusal:
        """The refusal that names this, once it was reported."""
        found = until(
            lambda: [r for r in list(self.refusals.values()) if named in f"{r.what}: {r.reason}"],
            f"a refusal of {named}",
            lambda: self.refusals,
        )
        assert isinstance(found, list)
        return found[0]
