"""`python -m firmware_bridge.agent.runs.runner`: the process that drives one machine; `process` is its other end."""

import fcntl
import math
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal

from firmware_bridge import hosts, wire
from firmware_bridge.agent.log import log
from firmware_bridge.agent.runs.boss import Boss
from firmware_bridge.agent.runs.process import Outcome, PrintOnHost, StreamProgram, SwitchOff, Work
from firmware_bridge.errors import BridgeError, JournalError, LinkLost, MachineError, NotResumable
from firmware_bridge.hosts import safe
from firmware_bridge.hosts.watch import HostedJob, Left, Watch, is_ours
from firmware_bridge.identity.reach import Memory, open_link
from firmware_bridge.journal import Journal, Run
from firmware_bridge.journal.resumption import whereabouts
from firmware_bridge.program import left_at
from firmware_bridge.protocol.conversation import Whereabouts
from firmware_bridge.protocol.firmwares import expecting, named
from firmware_bridge.protocol.silence import Timings
from firmware_bridge.stream import make_safe, stream, unconfirmed
from firmware_bridge.text import brief
from firmware_bridge.transport.port import Port

PORT_EVERY_S = 0.2
"""How often a port that vanished is looked for."""
LOCK_WITHIN_S = 30.0
"""How long a process of an earlier bridge may take to stop its machine. A program that begins waits for as long as
somebody homes it, or until it is stopped: its bed is used up by then."""


def main() -> None:
    boss = Boss(sys.stdin.fileno(), sys.stdout.fileno())
    # SIGUSR1 stops a bridge's machines, and `systemctl kill` sends it to all of a service's processes.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, boss.interrupt)
    work = boss.work()
    try:
        patient = isinstance(work, StreamProgram) and not work.resumes
        with _alone(Path(work.lock), boss, math.inf if patient else LOCK_WITHIN_S):
            outcome = _do(work, boss)
    except Left:
        return  # the host prints on: the next bridge goes on watching it
    except BridgeError as error:  # nothing was sent
        if isinstance(work, PrintOnHost) and work.rejoin:
            # No outcome says how it goes there, so the bridge tries again.
            log(f"attempt {work.attempt} cannot be watched: {error}")
            return
        resumes = isinstance(work, StreamProgram) and work.resumes
        begins = not resumes and not isinstance(work, SwitchOff)
        outcome = Outcome(state="lost" if resumes else "failed", safe=begins, reason=brief(str(error)))
    boss.end(outcome)


def _do(work: Work, boss: Boss) -> Outcome:
    match work:
        case SwitchOff():
            return _switch_off(work)
        case PrintOnHost():
            return _print_on_host(work, boss)
        case StreamProgram():
            return _stream(work, boss)


def _port(work: StreamProgram | SwitchOff, *, in_haste: bool = False) -> Port:
    """`in_haste`: a machine that is still busy with what it was sent would not answer questions."""
    return open_link(work.link, Memory(Path(work.found)), claimed=work.claimed, in_haste=in_haste)


def _switch_off(work: SwitchOff) -> Outcome:
    if work.link.hosted:
        safe.make_safe(hosts.open_host(work.link), is_ours)
        return Outcome(state="finished", safe=True)
    with closing(_port(work, in_haste=True)) as port:
        make_safe(port, firmware=named(work.firmware), timings=Timings(watchdog_s=work.link.watchdog_s))
    return Outcome(state="finished", safe=True)


def _stream(work: StreamProgram, boss: Boss) -> Outcome:
    """Raises `BridgeError` only where nothing was sent."""
    boss.asleep_max_s = work.resume_within_s
    firmware = expecting(work.firmware, work.volume, work.limits)
    journal = Journal.open(Path(work.journal), work.link.address, work.program_sha256)
    port = None if work.resumes else _port(work)
    within_s = work.resume_within_s
    while True:
        try:
            found = None
            if port is None:
                found, port = _found_again(work, journal, boss, within_s)
            with closing(port):
                stream(
                    Path(work.program),
                    port,
                    journal,
                    on_progress=boss.show,
                    stop_requested=boss.stop_requested,
                    resume_requested=boss.resume_requested,
                    firmware=firmware,
                    found=found,
                    limits=work.limits,
                    estimate_s=work.estimate_s,
                    timings=Timings(watchdog_s=work.link.watchdog_s),
                )
            return Outcome(state="finished", safe=True)
        except (LinkLost, NotResumable) as lost:
            within_s, port = min(work.link.link_loss_s, work.resume_within_s), None
            if isinstance(lost, NotResumable) or not _may_come_back(journal, within_s):
                return Outcome(state="lost", safe=not lost.left_hot, reason=_left_off(work, journal, lost))
            log(f"{brief(str(lost))}; waiting {within_s:g} s for it")
            _show_waiting(journal, boss, within_s)
        except BridgeError as error:
            return Outcome(state="failed", safe=not error.left_hot, reason=brief(str(error)))


def _may_come_back(journal: Journal, within_s: float) -> bool:
    """Whether it is worth waiting for the port. What the machine was told to leave off is not gone on with."""
    run = _written(journal)
    return run is not None and not run.switched_off and run.acknowledged > 0 and within_s > 0


def _written(journal: Journal) -> Run | None:
    """None too where the disk fails: that must not pass for a run of which nothing was sent."""
    try:
        return journal.run()
    except JournalError:
        return None


def _found_again(work: StreamProgram, journal: Journal, boss: Boss, within_s: float) -> tuple[Whereabouts, Port]:
    """Waits for the port. Raises `NotResumable`, `left_hot`, when it is too late or a stop is asked for."""
    while True:
        try:
            run = journal.run()
            if run is None:
                raise NotResumable("nothing of it was sent")
            found = whereabouts(run, now=time.time(), within_s=within_s)
            if reason := boss.stop_requested():
                raise NotResumable(f"{reason}{unconfirmed(named(work.firmware))}")
        except BridgeError as error:
            refused = NotResumable(str(error))
            refused.left_hot = True
            raise refused from None
        try:
            return found, _port(work, in_haste=True)
        except LinkLost:
            _show_waiting(journal, boss, within_s)
            boss.wait(PORT_EVERY_S)


def _show_waiting(journal: Journal, boss: Boss, within_s: float) -> None:
    """What was measured before the port vanished says nothing of a machine that nobody hears."""
    run = journal.run()
    if run is not None:
        why = f"the port vanished: waiting {within_s:g} s for it; the machine may be hot, look at it now"
        boss.show(wire.Progress(line=run.acknowledged, lines=run.lines, attention=why))


def _left_off(work: StreamProgram, journal: Journal, error: BridgeError) -> str:
    run = _written(journal)
    where = f"it was cut off at {left_at(Path(work.program), run)}: " if run else ""
    return brief(f"{where}{error}")


def _print_on_host(work: PrintOnHost, boss: Boss) -> Outcome:
    """Raises `Left` where the bridge went away, and the host prints on."""
    journal = Journal.open(Path(work.journal), work.link.address, work.program_sha256)
    try:
        watch = Watch(
            hosts.open_host(work.link),
            HostedJob(work.attempt, Path(work.program), work.estimate_s),
            journal,
            on_progress=boss.show,
            stop_requested=boss.stop_requested,
            left=lambda: boss.left,
        )
        if work.rejoin:
            watch.rejoin()
        else:
            watch.begin()
    except JournalError as error:
        # What was begun is then known to nobody, not even by its name at the host.
        lost = work.rejoin
        return Outcome(state="lost" if lost else "failed", safe=not lost, reason=brief(str(error)))
    except BridgeError as error:
        return _failed(error)
    return Outcome(state="finished", safe=True)


def _failed(error: BridgeError) -> Outcome:
    state: Literal["failed", "lost"] = "lost" if isinstance(error, LinkLost) else "failed"
    return Outcome(state=state, safe=not error.left_hot, reason=brief(str(error)))


@contextmanager
def _alone(lock: Path, boss: Boss, within_s: float) -> Iterator[None]:
    """Holds the machine. Raises `MachineError` when another process still does after `within_s`, or at a stop."""
    with lock.open("w") as file:
        deadline = time.monotonic() + within_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline or boss.stop_requested():
                    raise MachineError("another process still drives this machine") from None
                time.sleep(0.05)
        yield


if __name__ == "__main__":
    main()
