"""Forge and web of one commons, as processes; and the application that gunicorn serves."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from commons.app import create_app
from commons.catalog.sampling.idler import Idler
from commons.config import Config
from commons.db import Database
from commons.orders.sweeper import Sweeper
from commons.stack.processes import Processes, answering, listening
from commons.work.builds import Builder
from commons.work.loops import Loop
from commons.work.planner import Planner
from commons.work.savings import Saver
from commons.work.status import BUILD, SAVE
from commons.work.worker import Worker
from fabrication.geometry.client import ForgeClient

THREADS = 64
LOOK_S, SWEEP_S, REST_S = 0.5, 1.0, 2.0


def application() -> Flask:
    """What gunicorn calls in its one process: the site, with the worker and the sweeper beside it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    config = Config.from_environment()
    app = create_app(config)
    database, geometry, store = (app.extensions[name] for name in ("database", "geometry", "artefacts"))
    planner = Planner(database, geometry, store)
    # A build of two minutes keeps no plan waiting: each has a thread of its own.
    Loop("planner", Worker(database, {"plan": planner.plan}).run_once, LOOK_S).start()
    makers = {BUILD: Builder(database, geometry, store).build, SAVE: Saver(database, geometry, store).save}
    Loop("builder", Worker(database, makers).run_once, LOOK_S).start()
    if config.samples:
        idler = Idler(database, ForgeClient(config.forge_socket), store, config.samples)
        Loop("idler", idler.run_once, REST_S).start()
    app.extensions["worker"] = Loop("sweeper", Sweeper(database, config).run_once, SWEEP_S).start()
    return app


@dataclass(frozen=True)
class Serving:
    """A commons that runs: where it is, and its processes."""

    url: str
    config: Config
    processes: Processes


def serve(processes: Processes, home: Path, port: int, settings: Mapping[str, str]) -> Serving:
    """Brings the database up to date, adds the shipped designs, starts forge and web, waits for both.

    `settings` configure the commons; no other process is given them.
    """
    from commons.catalog.services import add_shipped_designs
    from fabrication.artefacts import ArtefactStore

    settings = {**settings, "COMMONS_HOME": str(home)}
    config = Config.from_environment(settings)
    database = Database(config.database_url)
    database.migrate()
    with database.write() as session:
        add_shipped_designs(session, ArtefactStore(config.artefacts))
    database.dispose()
    processes.start(
        "forge", "fabrication.geometry.forge", "--socket", config.forge_socket,
        ready=lambda: answering(config.forge_socket),
    )  # fmt: skip
    # One process with threads: server-sent events hold a thread each.
    processes.start(
        "web", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "1",
        "--threads", str(THREADS), "--no-control-socket", "--config", "python:commons.stack.hooks",
        "commons.stack.serving:application()",
        ready=lambda: listening(port), **settings,
    )  # fmt: skip
    return Serving(f"http://127.0.0.1:{port}", config, processes)


def bare_environment() -> dict[str, str]:
    """The environment every process of ours may have: nothing secret is in it."""
    kept = ("PATH", "HOME", "LANG", "TZ", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONUNBUFFERED": "1"}
