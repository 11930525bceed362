"""Fixtures for every test: databases, real ones, each on a folder of its own."""

import faulthandler
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from _pytest.faulthandler import fault_handler_stderr_fd_key
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

from commons.db import Database
from commons.stack.processes import free_port, wait_until


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return ByNeed(config, log)


def pytest_exception_interact(node: pytest.Item | pytest.Collector) -> None:
    """Before somebody looks at a failure pytest's timers are stopped. Where nobody does, what cleans up after it may hang
    as well: until the next test sets its own, this one holds."""
    if isinstance(node, pytest.Item) and not node.config.getoption("usepdb"):
        after_s = float(node.config.getini("faulthandler_timeout"))
        if after_s > 0:
            faulthandler.dump_traceback_later(after_s, exit=True, file=node.config.stash[fault_handler_stderr_fd_key])


class ByNeed(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests stay in one process, and share what it set up; those of the browser share one site and browser."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/e2e" if file.startswith("tests/e2e/") else file


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, started for these tests and stopped after them."""
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    assert newest, "PostgreSQL is not installed: run `make setup`"
    folder = Path(tempfile.mkdtemp(prefix="commons-postgresql-"))
    user: dict[str, object] = {}
    if os.geteuid() == 0:  # initdb refuses root
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data, port = folder / "data", free_port()
    initdb = [newest[-1] / "initdb", "-D", data, "-U", "tests", "--auth=trust", "--no-sync", "--encoding=UTF8"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **user)
    options = ["-p", str(port), "-k", folder, "-h", "127.0.0.1", "-c", "fsync=off"]
    server = subprocess.Popen(
        [newest[-1] / "postgres", "-D", data, *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **user,
    )  # fmt: skip
    url = f"postgresql://tests@127.0.0.1:{port}/postgres"
    try:
        wait_until(lambda: _answers(url), "PostgreSQL")
        yield url
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder)


def _answers(url: str) -> bool:
    database = Database(url)
    try:
        with database.engine.connect():
            return True
    except sa.exc.OperationalError:
        return False
    finally:
        database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with every table, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'test.db'}")
    else:
        made = Database(request.getfixturevalue("postgresql"))
        with made.engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
    made.migrate()
    yield made
    made.dispose()
