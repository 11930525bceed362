"""Forge and web of one commons, as processes; and the application that gunicorn serves."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from commons.app import create_app
from commons.config import Config
from commons.db import Database
from commons.stack.processes import Processes, answering, listening
from commons.work.planner import Planner
from commons.work.worker import Worker

THREADS = 64


def application() -> Flask:
    """What gunicorn calls in its one process: the site, with the worker thread beside it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    config = Config.from_environment()
    app = create_app(config)
    database, geometry, store = (app.extensions[name] for name in ("database", "geometry", "artefacts"))
    Worker(database, config, {"plan": Planner(database, geometry, store).plan}).start()
    return app


@dataclass(frozen=True)
class Serving:
    """A commons that runs: where it is, and its processes."""

    url: str
    config: Config
    processes: Processes


def serve(processes: Processes, home: Path, port: int) -> Serving:
    """Brings the database up to date, adds the shipped designs, starts forge and web, waits for both."""
    from commons.catalog.services import add_shipped_designs
    from fabrication.artefacts import ArtefactStore

    processes.environment["COMMONS_HOME"] = str(home)
    config = Config.from_environment(processes.environment)
    database = Database(config.database_url)
    database.migrate()
    with database.write() as session:
        add_shipped_designs(session, ArtefactStore(config.artefacts))
    database.dispose()
    start_forge(processes, config)
    start_web(processes, port)
    return Serving(f"http://127.0.0.1:{port}", config, processes)


def start_forge(processes: Processes, config: Config) -> None:
    """The forge gets no secret: neither the environment's nor the configuration's."""
    processes.start(
        "forge", "fabrication.geometry.forge", "--socket", config.forge_socket,
        ready=lambda: answering(config.forge_socket), COMMONS_HOME="",
    )  # fmt: skip


def start_web(processes: Processes, port: int) -> None:
    """One gunicorn process with threads: server-sent events hold a thread each."""
    processes.start(
        "web", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "1",
        "--threads", str(THREADS), "--no-control-socket", "commons.stack.serving:application()",
        ready=lambda: listening(port),
    )  # fmt: skip


def bare_environment() -> dict[str, str]:
    """The environment our processes need, and nothing else of it."""
    kept = ("PATH", "HOME", "LANG", "TZ", "DATABASE_URL", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONUNBUFFERED": "1"}
