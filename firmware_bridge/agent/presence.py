"""Whether the hosts of machines answer and have them ready: asked now and then, off the main thread."""

from collections.abc import Callable

from firmware_bridge.agent.desk import Desk
from firmware_bridge.agent.errands import Key
from firmware_bridge.agent.log import log
from firmware_bridge.errors import BridgeError
from firmware_bridge.hosts import open_host
from firmware_bridge.hosts.watch import why_not_idle
from firmware_bridge.machine import Link
from firmware_bridge.text import brief

ASK_EVERY_S = 3.0


class Presence:
    """Keeps `Desk.hosts`. A host that is being printed on is left to whoever watches the print."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ask_at = dict.fromkeys(desk.hosts, desk.clock())

    def ask(self) -> None:
        """Asks those whose turn it is; returns at once."""
        desk = self._desk
        for machine, at in self._ask_at.items():
            key = ("presence", machine)
            if machine not in desk.runs and desk.clock() >= at and desk.errands.may_go(key):
                self._ask_at[machine] = desk.clock() + ASK_EVERY_S
                link = desk.machines[machine].profile.link
                desk.errands.send(key, _look(link), self._heard(key), self._failed(key))

    def _heard(self, key: Key) -> Callable[[str], None]:
        def done(why_not: str) -> None:
            self._desk.errands.forget(key)
            self._note(key[1], why_not)

        return done

    def _failed(self, key: Key) -> Callable[[BridgeError], None]:
        def failed(error: BridgeError) -> None:
            self._desk.errands.put_off(key)
            self._note(key[1], brief(str(error), 300))

        return failed

    def _note(self, machine: str, why_not: str) -> None:
        if why_not != self._desk.hosts[machine]:
            self._desk.hosts[machine] = why_not
            log(f"the host of {machine}: {why_not or 'ready'}")
            self._desk.hurry()


def _look(link: Link) -> Callable[[], str]:
    def look() -> str:
        host = open_host(link)
        host.identify()
        return why_not_idle(host.look())

    return look
