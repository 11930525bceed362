"""One request and one answer, as the rest of the page sees them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message

import msgspec


class Refused(Exception):
    """The request is answered with this status and these words."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass(frozen=True)
class Request:
    """`length` of the body in bytes, None where the sender does not say; `body` gives a function that reads it, all
    of which must be there within so many s."""

    method: str
    path: str
    headers: Message
    cookies: Mapping[str, str]
    peer: str
    length: int | None
    body: Callable[[float], Callable[[int], bytes]]


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    """Whole values of Set-Cookie."""


def json_answer(status: int, said: Mapping[str, object], **headers: str) -> Response:
    return Response(status, msgspec.json.encode(said), "application/json", headers)


def see_other(path: str, *cookies: str) -> Response:
    return Response(303, headers={"Location": path}, cookies=cookies)


def cookie(name: str, value: str, *, seconds: int | None = None) -> str:
    """Of this site alone, unseen by scripts; kept as long as the browser runs where no time is said."""
    age = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Strict{age}"
