"""Waits: for the local socket, the runs, the errands and the clock. One thread, one selector."""

import selectors
import signal
import sqlite3
from collections.abc import Callable, Mapping
from types import FrameType

from firmware_bridge.agent.agent import Agent
from firmware_bridge.agent.client import CommonsClient
from firmware_bridge.agent.desk import Desk
from firmware_bridge.agent.errands import Errands
from firmware_bridge.agent.home import Home
from firmware_bridge.agent.local import requests
from firmware_bridge.agent.local.button import StopButton, held_down, open_line
from firmware_bridge.agent.local.control import AskStop, ControlServer
from firmware_bridge.agent.log import log
from firmware_bridge.agent.page.process import open_page
from firmware_bridge.agent.rules import power
from firmware_bridge.agent.rules.world import Machine
from firmware_bridge.agent.runs.process import Run
from firmware_bridge.agent.store import Store, why_failed
from firmware_bridge.errors import BridgeError, UsageError
from firmware_bridge.machine import Power


def serve(home: Home, ready: Callable[[int], None]) -> None:
    """Runs the agent until SIGTERM, SIGINT or a dropped terminal (SIGHUP), then stops every machine safely.

    SIGUSR1 and the stop button do what `stop` does: every machine is stopped safely, and the bridge stays.

    `ready` is told how many machines there are once the control socket answers. Raises `UsageError` when
    the bridge is not paired, has no usable machine, a wrong `bridge.toml` or not the stop button it is to have,
    `BridgeError` when another bridge runs in this home, or its database has failed and every run has ended.
    """
    home.prepare()
    credentials, settings = home.credentials(), home.settings()
    with home.only_bridge():
        machines, left_out = home.load_machines()
        for name, problem in power.beyond(settings.power_budget_w, _powers(machines)).items():
            del machines[name]
            left_out[name] = problem
        for name, problem in left_out.items():
            log(f"machine {name} is left out: {problem}")
        if not machines:
            unusable = f"none of the machines' files in {home.machines} can be used: mend one, and start again"
            raise UsageError(unusable if left_out else home.no_machines())
        line = open_line(settings.stop.gpio) if settings.stop.gpio else None
        errands = Errands()
        signals = _Signals(errands)
        store = Store(home.database)
        client = CommonsClient(credentials.url, credentials.token)
        desk = Desk(home, client, machines, store, errands, left_out=left_out, power_budget_w=settings.power_budget_w)
        try:
            agent = Agent(desk)
        except sqlite3.Error as error:
            raise BridgeError(f"the bridge's database {home.database} fails: {why_failed(error)}") from None
        with selectors.DefaultSelector() as selector:
            selector.register(errands, selectors.EVENT_READ, errands.collect)
            control = ControlServer(home.control_socket, selector, lambda request: requests.answer(desk, request))

            def stop(why: str) -> None:
                log(f"{why}: all machines are stopped")
                requests.answer(desk, AskStop())

            button = StopButton(line, selector, stop) if line is not None else None
            if line is not None and held_down(line):
                stop("the stop button is held down")
            page = open_page(home, settings, selector)
            desk.page = page.url if page else ""
            ready(len(machines))
            _turn(agent, selector, signals, stop)
            left = _left(agent)
            if page is not None:
                page.close()
            if button is not None:
                button.close()
            control.close()
        signal.set_wakeup_fd(-1)
        errands.close()
        store.close()
        if desk.failed:
            raise BridgeError(desk.failed)
        log("\n".join([*left, "the bridge has ended"]))


def _left(agent: Agent) -> list[str]:
    if not agent.desk.failed:
        try:
            return agent.left()
        except sqlite3.Error as error:
            agent.desk.give_up(error)
    return []


def _powers(machines: Mapping[str, Machine]) -> dict[str, Power]:
    return {name: machine.profile.power for name, machine in machines.items()}


def _turn(agent: Agent, selector: selectors.BaseSelector, signals: "_Signals", stop: Callable[[str], None]) -> None:
    watched: set[Run] = set()

    def watch(run: Run) -> None:
        descriptor = run.fileno()
        watched.add(run)

        def hear() -> None:
            try:
                agent.hear(run)
            finally:
                if run not in agent.desk.runs.values():
                    watched.remove(run)
                    selector.unregister(descriptor)

        selector.register(descriptor, selectors.EVENT_READ, hear)

    while not agent.desk.ending or agent.awaited():
        if signals.end:
            agent.end()
        if signals.stop:
            signals.stop = False
            stop("SIGUSR1")
        try:
            wait_s = agent.advance()
            for run in set(agent.desk.runs.values()) - watched:
                watch(run)
            for key, _ in selector.select(wait_s):
                key.data()
        except sqlite3.Error as error:
            agent.desk.give_up(error)


class _Signals:
    """A signal only leaves a note and wakes the loop. A second one to end ends the process as usual."""

    def __init__(self, errands: Errands) -> None:
        self.end = self.stop = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # ignored: nohup
                signal.signal(number, self._end)
        signal.signal(signal.SIGUSR1, self._stop)
        signal.set_wakeup_fd(errands.waker, warn_on_full_buffer=False)

    def _end(self, number: int, _: FrameType | None) -> None:
        self.end = True
        signal.signal(number, signal.SIG_DFL)

    def _stop(self, _number: int, _: FrameType | None) -> None:
        self.stop = True
