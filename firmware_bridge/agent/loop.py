"""Waits: for the local socket, the runs, the errands and the clock. One thread, one selector."""

import selectors
import signal
from collections.abc import Callable
from types import FrameType

from firmware_bridge.agent.agent import Agent
from firmware_bridge.agent.client import CommonsClient
from firmware_bridge.agent.desk import Desk, log
from firmware_bridge.agent.errands import Errands
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import requests
from firmware_bridge.agent.local.control import ControlServer
from firmware_bridge.agent.page.process import open_page
from firmware_bridge.agent.runs.process import Run
from firmware_bridge.agent.store import Store
from firmware_bridge.errors import UsageError


def serve(home: Home, ready: Callable[[int], None]) -> None:
    """Runs the agent until SIGTERM, SIGINT or a dropped terminal (SIGHUP), then stops every machine safely.

    `ready` is told how many machines there are once the control socket answers. Raises `UsageError` when
    the bridge is not paired, has no usable machine or a wrong `bridge.toml`, `BridgeError` when another bridge runs in
    this home.
    """
    home.prepare()
    credentials, settings = home.credentials(), home.settings()
    with home.only_bridge():
        machines, left_out = home.load_machines()
        for name, problem in left_out.items():
            log(f"machine {name} is left out: {problem}")
        if not machines:
            raise UsageError(f"{home.machines} has no machine profile that can be used")
        errands = Errands()
        store = Store(home.database)
        desk = Desk(home, CommonsClient(credentials.url, credentials.token), machines, store, errands)
        agent = Agent(desk)
        with selectors.DefaultSelector() as selector:
            selector.register(errands, selectors.EVENT_READ, errands.collect)
            control = ControlServer(
                home.control_socket, selector, lambda request: requests.answer(desk, left_out, request)
            )
            page = open_page(home, settings, selector)
            desk.page = page.url if page else ""
            ending = _ask_to_end(errands)
            ready(len(machines))
            _turn(agent, selector, ending)
            if page is not None:
                page.close()
            control.close()
        signal.set_wakeup_fd(-1)
        errands.close()
        store.close()


def _turn(agent: Agent, selector: selectors.BaseSelector, ending: Callable[[], bool]) -> None:
    watched: set[Run] = set()

    def watch(run: Run) -> None:
        descriptor = run.fileno()
        watched.add(run)

        def hear() -> None:
            if agent.hear(run):
                watched.remove(run)
                selector.unregister(descriptor)

        selector.register(descriptor, selectors.EVENT_READ, hear)

    while not agent.desk.ending or agent.programs():
        if ending() and not agent.desk.ending:
            agent.end()
        wait_s = agent.advance()
        for run in set(agent.desk.runs.values()) - watched:
            watch(run)
        for key, _ in selector.select(wait_s):
            key.data()


def _ask_to_end(errands: Errands) -> Callable[[], bool]:
    """A signal only leaves a note and wakes the loop; a second one ends the process as usual."""
    asked: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        asked.append(number)
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # ignored: nohup
            signal.signal(number, note)
    signal.set_wakeup_fd(errands.waker, warn_on_full_buffer=False)
    return lambda: bool(asked)
