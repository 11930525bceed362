"""What the page shows, from the bridge's own word. Every value is escaped where it enters `template.html`."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from firmware_bridge.agent.local.control import AttemptStatus, MachineStatus, Status
from firmware_bridge.agent.rules.world import ENDED, OCCUPYING, Machine
from firmware_bridge.text import span
from firmware_bridge.wire import AttemptState, MachineState

_SECTION = "<!--= "
_JUST_NOW_S = 45.0


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


@cache
def _sections() -> dict[str, Template]:
    """The sections of the template, each begun by a line `<!--= name -->`."""
    text = files(__package__).joinpath("template.html").read_text("utf-8")
    sections = {}
    for part in text.split(_SECTION)[1:]:
        name, _, body = part.partition(" -->\n")
        sections[name] = Template(body)
    return sections


def fill(section: str, **values: object) -> Html:
    """One section with its values; whatever is not `Html` is escaped."""
    safe = {name: value if isinstance(value, Html) else escape(str(value)) for name, value in values.items()}
    return Html(_sections()[section].substitute(safe))


@cache
def policy() -> str:
    """The Content-Security-Policy: nothing but this very style and script."""
    return (
        "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; connect-src 'self'; "
        f"img-src data:; style-src {_hash('style')}; script-src {_hash('script')}"
    )


def _hash(section: str) -> str:
    digest = hashlib.sha256(_sections()[section].template.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _frame(title: str, main: Html, scripts: Html, head: Html) -> Html:
    style = Html(_sections()["style"].template)
    return fill("frame", title=title, main=main, style=style, scripts=scripts, head=head)


def page(live: Html, slicers: Html, said: str) -> Html:
    script = Html(f"<script>{_sections()['script'].template}</script>")
    note = fill("note", said=said, kind="bad" if said.startswith("Not done") else "good") if said else Html("")
    refresh = Html('<noscript><meta http-equiv="refresh" content="5"></noscript>')
    return _frame("Firmware bridge", fill("home", note=note, live=live, slicers=slicers), script, refresh)


def login(token: str, said: str) -> Html:
    note = fill("note", said=said, kind="bad") if said else Html("")
    return _frame("Firmware bridge: key", fill("login", token=token, note=note), Html(""), Html(""))


def silent(why: str) -> Html:
    """The page is there and its bridge is not."""
    return fill("silent", why=why)


def live(status: Status, token: str) -> Html:
    """Everything that changes."""
    cards = [_machine(machine, status.attempts_on(machine.machine), token) for machine in status.machines]
    troubles = [fill("trouble", what="The commons", why=status.trouble)] if status.trouble else []
    troubles += [fill("trouble", what=f"{name} is left out", why=why) for name, why in status.left_out.items()]
    troubles += [fill("trouble", what="Refused", why=refusal) for refusal in status.refusals]
    return fill(
        "live",
        token=token,
        commons=status.commons,
        heard=_heard(status.heard_s_ago),
        troubles=Html("".join(troubles)),
        cards=Html("".join(cards)),
    )


def _machine(machine: MachineStatus, attempts: list[AttemptStatus], token: str) -> Html:
    held = next((a for a in attempts if a.state in OCCUPYING), None)
    before = [*([machine.last] if machine.last else []), *(a for a in attempts if a.state in ENDED)]
    running = machine.state == MachineState.RUNNING
    what = fill("idle", why=_idle(machine)) if held is None else _attempt(held, machine, token)
    return fill(
        "machine",
        id=machine.machine,
        name=machine.name,
        state=machine.state,
        kind=_KINDS[machine.state],
        port=machine.port,
        trouble=fill("alarm", name=machine.name, why=machine.trouble) if machine.trouble else Html(""),
        question=fill("wait", why=f"{_capital(machine.question)}.") if machine.question else Html(""),
        go_on=fill("go on", id=machine.machine, token=token) if machine.may_go_on else Html(""),
        what=what,
        before=Html("".join(_ended(attempt) for attempt in before[-3:])),
        bed="The bed is in use."
        if running
        else "The bed is clear."
        if machine.bed_clear
        else "Nobody has said that the bed is clear.",
        clear=Html("") if running or machine.bed_clear else fill("clear", id=machine.machine, token=token),
        token=token,
    )


_KINDS = {
    MachineState.OFFLINE: "bad",
    MachineState.WAITING_FOR_CLEAR: "warn",
    MachineState.FREE: "good",
    MachineState.HOLDING: "warn",
    MachineState.RUNNING: "busy",
}


def _idle(machine: MachineStatus) -> str:
    if machine.state == MachineState.OFFLINE:
        return "Nothing is held."
    if machine.state == MachineState.WAITING_FOR_CLEAR:
        return "Nothing is held. The commons sends no job before the bed is said to be clear."
    return "Nothing is held; it waits for a job."


def _attempt(attempt: AttemptStatus, machine: MachineStatus, token: str) -> Html:
    if attempt.state == AttemptState.STARTED:
        now = _running(attempt, machine)
    elif attempt.state == AttemptState.LEASED and attempt.checked:
        now = fill("arm", attempt=attempt.attempt, program=attempt.program_sha256, token=token)
    elif attempt.state == AttemptState.LEASED:
        now = fill("wait", why="Its program is being fetched and checked.")
    elif not machine.bed_clear:
        now = fill("wait", why="Armed. It begins once the bed is said to be clear.")
    else:
        now = fill("wait", why=f"Armed. It waits for {attempt.waits_for or 'the commons to agree'}.")
    return fill(
        "attempt",
        title=attempt.title,
        who=attempt.ordered_by,
        material=attempt.material,
        time=span(attempt.estimate_s),
        program=attempt.program_sha256,
        attempt=attempt.attempt,
        now=now,
    )


def _running(attempt: AttemptStatus, machine: MachineStatus) -> Html:
    share = attempt.line / attempt.lines if attempt.lines else 0.0
    left = "" if attempt.remaining_s is None else f", about {span(attempt.remaining_s)} left"
    return fill(
        "running",
        share=f"{share:.4f}",
        percent=f"{100 * share:.0f}",
        line=attempt.line,
        lines=attempt.lines,
        left=left,
        heat=Html("")
        if machine.process == "milling"
        else fill("heat", hotend=_degrees(attempt.hotend_c), bed=_degrees(attempt.bed_c)),
    )


def _ended(attempt: AttemptStatus) -> Html:
    good = attempt.state == AttemptState.FINISHED
    why = f": {attempt.reason}" if attempt.reason else ""
    return fill("ended", title=attempt.title, state=attempt.state, why=why, kind="good" if good else "bad")


def slicers(machines: Mapping[str, Machine], host: str, api_key: str) -> Html:
    """Where a slicer sends its files; outside what changes, so that it can be marked and copied."""
    alone = len(machines) == 1
    where = [
        fill("address", name=machine.profile.name, url=f"http://{host}/{'' if alone else machine.id}")
        for machine in machines.values()
    ]
    return fill("slicers", addresses=Html("".join(where)), key=api_key)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _degrees(temperature_c: float | None) -> str:
    return "unknown" if temperature_c is None else f"{temperature_c:.0f} °C"


def _heard(seconds_ago: float | None) -> str:
    if seconds_ago is None:
        return "not reached yet"
    if seconds_ago < _JUST_NOW_S:
        return "heard just now"
    return f"heard {span(seconds_ago)} ago"
