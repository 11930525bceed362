"""What the commons and the bridge say to each other: the types, their version, and the attempt's states.

Everything is JSON over HTTPS, from the bridge to the commons. There is no message that arms, clears
a bed, starts or stops a machine: those exist only at the bridge.

| call | body → answer |
|---|---|
| `POST /agent/v1/device` | `PairingRequest` → `PairingCode` (RFC 8628 §3.2) |
| `POST /agent/v1/token` | `TokenRequest` → `TokenAnswer`, or 400 with `{"error": "authorization_pending"}` (§3.5) |
| `POST /agent/v1/sync` | `SyncRequest` → `SyncAnswer` |
| `POST /agent/v1/attempts/<id>/start` | `StartRequest` → `StartAnswer` |
| `GET /agent/v1/attempts/<id>/program` | the program's bytes |
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from firmware_bridge.machine import Name, PublishedProfile

PROTOCOL_VERSION = 1
PROGRAM_BYTES_MAX = 512 * 1024 * 1024

Text = Annotated[str, msgspec.Meta(max_length=2_000, pattern=r"^[^\x00]*\Z")]  # no database keeps a NUL
# Bounded, because a number of any size reaches databases and clocks that take 64 bits.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Celsius = Annotated[float, msgspec.Meta(ge=-300, le=2_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Left = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
"""How long something still holds, s; below 0 it is over."""
Identifier = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""Everything that decoding somebody else's JSON raises: msgspec gives up on deep nesting with the last."""


class AttemptState(StrEnum):
    """One physical run of a job."""

    LEASED = "leased"
    ARMED = "armed"
    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"
    LOST = "lost"
    LAPSED = "lapsed"


ATTEMPT_TRANSITIONS: dict[AttemptState, frozenset[AttemptState]] = {
    AttemptState.LEASED: frozenset({AttemptState.ARMED, AttemptState.FAILED, AttemptState.LAPSED}),
    AttemptState.ARMED: frozenset(
        {AttemptState.LEASED, AttemptState.STARTED, AttemptState.FAILED, AttemptState.LAPSED}
    ),
    AttemptState.STARTED: frozenset({AttemptState.FINISHED, AttemptState.FAILED, AttemptState.LOST}),
    AttemptState.LOST: frozenset({AttemptState.STARTED, AttemptState.FINISHED, AttemptState.FAILED}),
    AttemptState.FINISHED: frozenset(),
    AttemptState.FAILED: frozenset(),
    AttemptState.LAPSED: frozenset(),
}
"""A restarted bridge must be armed anew: `armed` falls back to `leased`. `lost` is settled by the bridge's word
(it was only unheard of) or by a person. `lapsed` was never started."""

WAITING_ATTEMPT_STATES = frozenset({AttemptState.LEASED, AttemptState.ARMED})
LIVE_ATTEMPT_STATES = frozenset({AttemptState.LEASED, AttemptState.ARMED, AttemptState.STARTED, AttemptState.LOST})


class MachineState(StrEnum):
    """What a machine is doing, as its bridge sees it."""

    OFFLINE = "offline"
    WAITING_FOR_CLEAR = "waiting for clear"
    FREE = "free"
    HOLDING = "holding"
    """It has a lease that is not running yet."""
    RUNNING = "running"


class _Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class PairingRequest(_Message, frozen=True, kw_only=True):
    bridge_name: Name


class PairingCode(_Message, frozen=True, kw_only=True):
    device_code: str
    user_code: str
    verification_uri: str
    expires_in: Count
    interval: Count


class TokenRequest(_Message, frozen=True, kw_only=True):
    device_code: str


class TokenAnswer(_Message, frozen=True, kw_only=True):
    access_token: str
    workshop: str


class MachineReport(_Message, frozen=True, kw_only=True):
    """One machine; `profile` is sent whole until the commons has said that it knows its hash."""

    machine: Identifier
    profile_sha256: Sha256
    state: MachineState
    profile: PublishedProfile | None = None


class Progress(_Message, frozen=True, kw_only=True):
    """Latest wins: a newer one replaces an older one unread. Temperatures in °C, time in s.

    `paused`: somebody paused it at the machine, which has not said that it goes on. `attention`: why a person is
    wanted there.
    """

    line: Count
    lines: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    hotend_c: Celsius | None = None
    hotend_target_c: Celsius | None = None
    bed_c: Celsius | None = None
    bed_target_c: Celsius | None = None
    remaining_s: Seconds | None = None
    paused: bool = False
    attention: Text = ""


class AttemptReport(_Message, frozen=True, kw_only=True):
    """How an attempt stands. Sent again until a sync carries it; `reason` says why it failed or was lost."""

    attempt: Identifier
    fence: Count
    state: AttemptState
    program_sha256: Sha256
    progress: Progress | None = None
    reason: Text = ""


class Refusal(_Message, frozen=True, kw_only=True):
    """Something the commons asked that this bridge will not do; numbered, repeated until acknowledged."""

    number: Count
    what: Text
    reason: Text


class SyncRequest(_Message, frozen=True, kw_only=True):
    """`machines` are all that this bridge has. `left_out` are those it has too, but whose profile cannot be used now.
    Whatever it had before and is in neither is there no more; of a bridge that knows no `left_out`, nobody can tell."""

    protocol: Count
    bridge_version: Text
    machines: Annotated[list[MachineReport], msgspec.Meta(max_length=64)]
    left_out: Annotated[list[Identifier], msgspec.Meta(max_length=64)] | None = None
    attempts: Annotated[list[AttemptReport], msgspec.Meta(max_length=256)] = []
    refusals: Annotated[list[Refusal], msgspec.Meta(max_length=256)] = []


class Price(_Message, frozen=True, kw_only=True):
    """In the currency's minor unit, by its ISO 4217 code: 500 EUR is 5 €."""

    amount: Count
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]


class Lease(_Message, frozen=True, kw_only=True, tag="lease", tag_field="command"):
    """Run this program on that machine. The bridge still checks, waits for its bed and its owner.

    `price`: what the workshop gets for it; absent where nothing was agreed, which no price floor covers.
    """

    attempt: Identifier
    fence: Count
    machine: Identifier
    title: Text
    ordered_by: Text
    material: Text
    profile_sha256: Sha256
    program_sha256: Sha256
    program_bytes: Annotated[int, msgspec.Meta(gt=0, le=2**53)]
    estimate_s: Seconds
    expires_in_s: Left
    price: Price | None = None


class Withdraw(_Message, frozen=True, kw_only=True, tag="withdraw", tag_field="command"):
    """The lease is over (cancelled, lapsed, superseded); what has started goes on to its end."""

    attempt: Identifier
    fence: Count
    reason: Text


class NeedProfile(_Message, frozen=True, kw_only=True, tag="need_profile", tag_field="command"):
    """Send the whole profile of this machine with the next sync."""

    machine: Identifier


Command = Lease | Withdraw | NeedProfile


class SyncAnswer(_Message, frozen=True, kw_only=True):
    """`commands` are decoded one by one, so that one unknown command is refused by name, alone.

    `settled` lists attempts whose last report needs no repeating; `leases` renews that of each attempt
    still held, for so many seconds.
    """

    interval_s: Left
    commands: list[msgspec.Raw] = []
    settled: list[Identifier] = []
    leases: dict[str, Left] = {}
    refusals_seen: Count = 0


class StartRequest(_Message, frozen=True, kw_only=True):
    fence: Count
    program_sha256: Sha256


class StartAnswer(_Message, frozen=True, kw_only=True):
    """Given once per attempt and fence; asked again by the same bridge, the same answer."""

    started: bool
    reason: Text = ""
