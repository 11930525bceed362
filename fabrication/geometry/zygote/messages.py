"""What the zygote tells the supervisor, over a SEQPACKET socket."""

import msgspec

ORDER_MAX = 64 * 1024
"""Bytes of one message, either way."""


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """Everything is imported; `unavailable` says why some kinds are not. `own_bytes` is memory that is no file's."""

    unavailable: dict[str, str]
    own_bytes: int


class Settled(msgspec.Struct, frozen=True, tag="settled"):
    """What could wait is imported too, and counts as growth no more."""

    own_bytes: int


class Forked(msgspec.Struct, frozen=True, tag="forked"):
    """The child has its job; its pidfd comes along."""

    job: int


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """No child has the job."""

    job: int
    reason: str


class Exited(msgspec.Struct, frozen=True, tag="exited"):
    """`status` as of `waitpid`; `cpu_s` is user and system time."""

    job: int
    status: int
    cpu_s: float
    own_bytes: int


Report = Ready | Settled | Forked | Refused | Exited
