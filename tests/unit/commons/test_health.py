import socket
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import pytest

from commons import health
from commons.db import Database, utcnow
from fabrication.geometry.confinement.walls import Proof
from fabrication.geometry.protocol import ForgeHealth


def checks_of(client) -> dict[str, dict[str, object]]:
    answer = client.get("/health", headers={"Accept": "application/json"})
    assert answer.status_code == (200 if answer.json["ok"] else 503)
    return {check["name"]: check for check in answer.json["checks"]}


def test_what_is_not_there_is_said_without_paths(app, tmp_path):
    forge = checks_of(app.test_client())["Forge"]
    assert not forge["ok"]
    assert "does not answer" in forge["words"]
    assert str(tmp_path) not in app.test_client().get("/health").text


def test_a_database_that_is_gone_is_said_so_to_whoever_is_signed_in(app, browser, tmp_path):
    person = browser().sign_up("somebody")
    app.extensions["database"].dispose()
    app.extensions["database"] = Database(f"sqlite:///{tmp_path / 'missing' / 'x.db'}")
    found = checks_of(person.client)["Database"]
    assert not found["ok"]
    assert "sqlite3" not in found["words"]
    assert person.client.get("/health").status_code == 503
    answer = person.client.get("/")
    assert answer.status_code == 503
    assert "cannot be read at the moment" in answer.text
    assert "sqlite3" not in answer.text


def test_a_forge_that_never_answers_is_not_waited_for_long_and_no_connection_is_held(app, monkeypatch):
    monkeypatch.setattr(health, "PATIENCE_S", 0.2)
    path = str(app.config["COMMONS"].forge_socket)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        held: list[int] = []
        answered = threading.Event()

        def look() -> None:
            connection, _ = listener.accept()
            held.append(app.extensions["database"].engine.pool.checkedout())
            answered.wait(10)
            connection.close()

        looking = threading.Thread(target=look)
        looking.start()
        began = time.monotonic()
        assert not checks_of(app.test_client())["Forge"]["ok"]
        assert time.monotonic() - began < 5
        answered.set()
        looking.join()
        assert held == [0]


@dataclass
class Worker:
    passed: datetime | None


@pytest.mark.parametrize(
    ("passed", "well"), [(timedelta(seconds=5), True), (timedelta(seconds=90), False), (None, False)]
)
def test_a_worker_that_came_round_lately_is_well(app, passed, well):
    app.extensions["worker"] = Worker(passed=utcnow() - passed if passed else None)
    assert checks_of(app.test_client())["Worker"]["ok"] is well


def test_where_no_worker_runs_none_is_asked(app):
    assert "Worker" not in checks_of(app.test_client())


class Forge:
    """A forge that is asked only how it is."""

    said = ForgeHealth(
        ready=True, reason="", proof=Proof(landlock_abi=5, uid=60_802, canaries=("open a <socket>", "fork")),
        drops_to_uid=True, slots=2, running=1, waiting=3, astray=0, unavailable_kinds={"picture": "no embree here"},
        outer_wall="none: bubblewrap is not installed", zygotes_started=2, zygote_forks=17, zygote_bytes=256 * 2**20,
    )  # fmt: skip

    def __init__(self, socket):
        pass

    def health(self, patience_s):
        return self.said


def test_what_holds_is_listed_wall_by_wall(app, monkeypatch):
    monkeypatch.setattr(health, "ForgeClient", Forge)
    forge = checks_of(app.test_client())["Forge"]
    assert forge["ok"]
    assert "1 of 2 builds running, 3 waiting" in forge["words"]
    page = app.test_client().get("/health").text
    for words in (
        "Landlock, version 5", "seccomp", "uid 60802", "none: bubblewrap is not installed", "256 MiB", "17 forks",
        "2 canaries were tried and refused", "open a &lt;socket&gt;", "picture: no embree here",
    ):  # fmt: skip
        assert words in page, words


def test_a_forge_that_cannot_confine_is_not_well(app, monkeypatch):
    broken = msgspec.structs.replace(Forge.said, ready=False, reason="/etc/x: no seccomp", proof=None)
    monkeypatch.setattr(Forge, "said", broken)
    monkeypatch.setattr(health, "ForgeClient", Forge)
    forge = checks_of(app.test_client())["Forge"]
    assert not forge["ok"]
    assert "/etc/x" not in forge["words"]


def test_a_forge_that_has_lost_track_of_its_builds_is_not_well(app, monkeypatch):
    monkeypatch.setattr(Forge, "said", msgspec.structs.replace(Forge.said, astray=1))
    monkeypatch.setattr(health, "ForgeClient", Forge)
    forge = checks_of(app.test_client())["Forge"]
    assert not forge["ok"]
    assert "lost track" in forge["words"]
