"""The control socket: how the person at the machine arms, clears, stops and looks. A Unix socket, mode 0600.

One line of JSON each way and the connection is over.
"""

import os
import selectors
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec

from firmware_bridge.errors import BridgeError, NoBridge, UsageError
from firmware_bridge.wire import (
    PROGRAM_BYTES_MAX,
    UNREADABLE,
    AttemptState,
    Identifier,
    MachineState,
    Seconds,
    Sha256,
    Text,
)

REQUEST_BYTES_MAX = 10_000
_WITHIN_S = 10.0
_SLOWEST_READER_S = 0.5


class _Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="do"):
    pass


class AskStatus(_Request, frozen=True, kw_only=True, tag="status"):
    pass


class AskArm(_Request, frozen=True, kw_only=True, tag="arm"):
    """Names the program too, so that what is armed is what was shown."""

    attempt: str
    program_sha256: str


class AskClear(_Request, frozen=True, kw_only=True, tag="clear"):
    machine: str


class AskStop(_Request, frozen=True, kw_only=True, tag="stop"):
    """`machine` None: all of them."""

    machine: str | None = None


class AskResume(_Request, frozen=True, kw_only=True, tag="resume"):
    machine: str


class AskPrint(_Request, frozen=True, kw_only=True, tag="print"):
    """Hold a program that was brought to the bridge itself; the file `Home.upload(upload)` becomes it.

    It was composed for the profile named by its hash. Sizes in bytes, `estimate_s` in s.
    """

    upload: Identifier
    machine: Identifier
    title: Text
    material: Text
    profile_sha256: Sha256
    program_sha256: Sha256
    program_bytes: Annotated[int, msgspec.Meta(gt=0, le=PROGRAM_BYTES_MAX)]
    estimate_s: Seconds


Request = AskStatus | AskArm | AskClear | AskStop | AskResume | AskPrint


class AttemptStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`waits_for` is empty once nothing is missing; times in s; `line` of `lines` were sent. `local`: it was
    brought to this bridge, and the commons does not know of it."""

    attempt: str
    machine: str
    title: str
    ordered_by: str
    material: str
    state: AttemptState
    checked: bool
    local: bool
    program_sha256: str
    estimate_s: float
    remaining_s: float | None = None
    waits_for: str = ""
    reason: str = ""
    line: int = 0
    lines: int = 0
    hotend_c: float | None = None
    bed_c: float | None = None
    paused: bool = False


class MachineStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`trouble`: why it could not begin now, or why a person is wanted at what it runs; the rest of a sentence.

    `question`: what its commons may wait to be told before it leases to this machine again, and where.
    `may_go_on`: its program is held and waits for `AskResume`, or for its own cycle start.
    `may_be_hot`: a run is over and has not confirmed that its heaters or its spindle are off.
    `last`: what ended here last, where nobody has to hear of it any more and nothing has been held here since.
    """

    machine: str
    name: str
    state: MachineState
    bed_clear: bool
    port: str
    trouble: str = ""
    may_be_hot: bool = False
    question: str = ""
    process: str = "fff"
    may_go_on: bool = False
    last: AttemptStatus | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the bridge knows now. `heard_s_ago`: since the commons last answered; None is never. `page`: the
    address of the local page, empty where there is none."""

    commons: str
    heard_s_ago: float | None
    trouble: str
    page: str
    machines: list[MachineStatus]
    left_out: dict[str, str]
    attempts: list[AttemptStatus]
    refusals: list[str]

    def attempts_on(self, machine: str) -> list[AttemptStatus]:
        return [attempt for attempt in self.attempts if attempt.machine == machine]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`refused` says why nothing was done; `stopping` names the machines that are now coming to a stop."""

    refused: str = ""
    said: str = ""
    stopping: list[str] = []
    status: Status | None = None


class ControlServer:
    """Serves the socket from its owner's selector; `answer` must not wait."""

    def __init__(self, path: Path, selector: selectors.BaseSelector, answer: Callable[[Request], Answer]) -> None:
        self._path, self._selector, self._answer = path, selector, answer
        path.unlink(missing_ok=True)  # a killed bridge left it; the home's lock says that there is no other
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            self._socket.bind(str(path))
        except OSError as error:
            raise BridgeError(f"cannot listen on {path}: {error}") from None
        finally:
            os.umask(before)
        self._socket.listen(8)
        self._socket.setblocking(False)
        selector.register(self._socket, selectors.EVENT_READ, self._accept)

    def close(self) -> None:
        self._selector.unregister(self._socket)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            client, _ = self._socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        client.setblocking(False)
        asked = bytearray()
        self._selector.register(client, selectors.EVENT_READ, lambda: self._read(client, asked))

    def _read(self, client: socket.socket, asked: bytearray) -> None:
        try:
            data = client.recv(REQUEST_BYTES_MAX)
            asked += data
            if data and b"\n" not in asked and len(asked) < REQUEST_BYTES_MAX:
                return
            if asked:
                client.settimeout(_SLOWEST_READER_S)
                client.sendall(msgspec.json.encode(self._answer_to(bytes(asked))) + b"\n")
        except OSError:
            pass  # it went away, or does not read: its own loss
        self._selector.unregister(client)
        client.close()

    def _answer_to(self, asked: bytes) -> Answer:
        try:
            return self._answer(msgspec.json.decode(asked, type=Request))
        except UNREADABLE as error:
            return Answer(refused=f"the bridge does not understand this: {error}")


def ask(path: Path, request: Request) -> Answer:
    """Asks the running bridge. Raises `NoBridge`, `UsageError` where it refuses, `BridgeError` where it is silent."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_WITHIN_S)
            connection.connect(str(path))
            connection.sendall(msgspec.json.encode(request) + b"\n")
            answer = msgspec.json.decode(_line(connection), type=Answer)
    except (FileNotFoundError, ConnectionRefusedError):
        raise NoBridge(f"no bridge is running in {path.parent}: start it with firmware-bridge run") from None
    except (OSError, *UNREADABLE) as error:
        raise BridgeError(f"the bridge at {path} does not answer: {error}") from None
    if answer.refused:
        raise UsageError(answer.refused)
    return answer


def status(path: Path) -> Status:
    """What the running bridge says of itself. Raises as `ask`."""
    said = ask(path, AskStatus()).status
    assert said is not None  # noqa: S101 (this request's answer always has it)
    return said


def _line(connection: socket.socket) -> bytes:
    said = bytearray()
    while not said.endswith(b"\n"):
        data = connection.recv(65_536)
        if not data:
            break
        said += data
    return bytes(said)
