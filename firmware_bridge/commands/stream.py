"""`firmware-bridge stream`: one program to one port, without any commons."""

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec

from firmware_bridge.agent.home import Home
from firmware_bridge.agent.rules.pauses import may_go_on, why_wanted
from firmware_bridge.commands.given import Given
from firmware_bridge.commands.going_on import going_on
from firmware_bridge.commands.interruptions import Interruptions
from firmware_bridge.commands.links import link_to
from firmware_bridge.commands.material import NEEDS_MACHINE, hint
from firmware_bridge.commands.profile import profile_file
from firmware_bridge.commands.rates import read_baud
from firmware_bridge.errors import BridgeError, NotResumable, ProgramNotTaken, ProgramRefused, Stopped
from firmware_bridge.gcode import generic_profile
from firmware_bridge.machine import MachineProfile
from firmware_bridge.protocol.firmwares import FIRMWARES
from firmware_bridge.sending.given import path_of
from firmware_bridge.sending.send import Sent, Target, send
from firmware_bridge.text import count, span, tidied
from firmware_bridge.wire import Progress


@click.command(name="stream")
@click.argument("file", type=Given())
@click.option("--port", "port_url", help="Device path, link to a pty, socket:// or rfc2217://. Default: the profile's.")
@click.option("--baud", metavar="auto|N", callback=read_baud, help="Default: the profile's, else 115200.")
@click.option("--firmware", type=click.Choice(["auto", *FIRMWARES]), default="auto", show_default=True)
@click.option(
    "--machine",
    "profile_path",
    metavar="PROFILE.toml|NAME",
    type=click.Path(path_type=Path),
    help="The machine's profile, or the name of one of the bridge's.",
)
@click.option(
    "--material",
    metavar="NAME",
    help="Send FILE with the machine's own programs for that material around it, as the page does for a slicer.",
)
@click.option("--home", type=click.Path(path_type=Path), help="The bridge's folder, for the journal.")
@click.option("--resume", is_flag=True, help="Go on with this program where the machine stands after a cut-off run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a progress bar.")
def command(
    *,
    file: BinaryIO,
    port_url: str | None,
    baud: int | None,
    firmware: str,
    profile_path: Path | None,
    material: str | None,
    home: Path | None,
    resume: bool,
    as_json: bool,
) -> None:
    """Check FILE against the machine's limits and send it, every line once and in order.

    Ctrl-C, a closed terminal, SIGTERM and SIGUSR1 turn the heaters off, then end it; under nohup it goes on without a
    terminal. Where a router's program waits for you (M0), Enter or SIGUSR2 lets it go on.

    FILE is - for what comes through a pipe.

    With --resume, a program that was finished on this port is not sent again, one of which nothing was sent begins, and
    one that was cut off goes on at the very line where the firmware stands. Where the machine was reset, used or
    switched off since, it is made safe and the line and height are told.
    """
    profile, interruptions = None, Interruptions()
    try:
        profile_path = profile_file(profile_path, home) if profile_path else None
        if material is not None and profile_path is None:
            raise click.UsageError(NEEDS_MACHINE)
        profile = _profile(profile_path, firmware)
        link = link_to(profile, port_url, baud)
        profiles = [profile] if profile else [generic_profile(name) for name in FIRMWARES]
        target = Target(profiles, link, Home.at(home), profile_path is not None, material)
        with (
            interruptions,
            going_on() as answers,
            _bar(lambda: answers.how, shown=not as_json) as on_progress,
        ):
            sent = send(
                file,
                target,
                resume=resume,
                on_progress=on_progress,
                stop_requested=interruptions.asked,
                on_opening=interruptions.only_noted,
                resume_requested=answers.asked,
                tell=tell,
            )
    except BridgeError as error:
        by_hand = isinstance(error, Stopped) and interruptions.reason and not error.left_hot
        anew = "to begin anew, send it again without --resume" if by_hand and error.lines else ""
        further = [_how_far(error), anew]
        if isinstance(error, ProgramRefused):
            options = {"--machine": profile_path, "--firmware": error.generic, "--material": material}
            further = [f"{_checking(file, options)} lists them all"] if len(error.refusals) > 1 else []
            further += [hint(profile, "send", error, path_of(file))] if profile and material is None else []
        error.args = ("; ".join(filter(None, [str(error), *further])),)
        if as_json:
            _print(Sent(ok=False, error=str(error), line=error.line, lines=error.lines))
        raise
    if as_json:
        _print(sent)
    elif sent.seconds is None:
        lines = count(sent.lines or 0, "line")
        click.echo(f"this program was finished on this port: all its {lines}; nothing was sent")
    else:
        again = f", {count(sent.resends or 0, 'resend')}, {count(sent.probes or 0, 'probe')}"
        again = again if sent.resends or sent.probes else ""
        total, before = sent.lines or 0, sent.resumed_after
        after = f", going on after line {before} of {total}" if before is not None else ""
        click.echo(f"done: {count(total - (before or 0), 'line')} in {sent.seconds:.1f} s{after}{again}")


def _how_far(error: BridgeError) -> str:
    """In lines as they are sent and as the bar counts them, which are fewer than the file's. More may have been: a
    router proves its lines only where nothing waits among them. Empty where no run had
    begun, or its own words say it."""
    if not error.lines or isinstance(error, ProgramNotTaken | NotResumable):
        return ""
    if not error.line:
        return f"none of its {count(error.lines, 'line')} is known to have been taken"
    return f"line {error.line} of {error.lines} (comments not counted) is the last that is known to have been taken"


def _checking(file: BinaryIO, options: Mapping[str, object]) -> str:
    """The command that judges the same file in the same way; without its words for one that came through a pipe."""
    path = path_of(file)
    if path is None:
        return "firmware-bridge check"
    said = {
        option: tidied(value) if isinstance(value, Path) else str(value) for option, value in options.items() if value
    }
    return f"firmware-bridge check {shlex.join([tidied(path), *(word for each in said.items() for word in each)])}"


def _profile(path: Path | None, firmware: str) -> MachineProfile | None:
    """None for any machine whose firmware is found out by asking it."""
    if path:
        profile = MachineProfile.load(path)
        if firmware not in ("auto", profile.firmware):
            raise click.UsageError(f"--firmware says {firmware} and {path} says {profile.firmware}: leave one out")
        return profile
    return None if firmware == "auto" else generic_profile(firmware)


@contextmanager
def _bar(how_to_go_on: Callable[[], str], *, shown: bool) -> Iterator[Callable[[Progress], None]]:
    """Drawn from the first progress on: before that, and of a program that is refused, there is none to draw. What the
    run waits for is a line of its own each time."""
    with ExitStack() as stack:
        bar: Any = None  # click keeps the type of its bar to itself
        waited = ""

        def on_progress(progress: Progress) -> None:
            nonlocal bar, waited
            before, waited = waited, why_wanted(progress)
            if waited and waited != before:
                way = f", {how_to_go_on()}" if may_go_on(progress) else ""
                below = "" if bar is None else "\n"
                tell(f"{below}{waited}{way}")
            if not shown:
                return
            if bar is None:
                drawn = click.progressbar(
                    length=progress.lines,
                    label="sending",
                    item_show_func=_temperatures,
                    show_eta=False,
                    update_min_steps=0,  # what it shows changes while no line is sent
                )
                bar = stack.enter_context(drawn)
            bar.update(progress.line - bar.pos, progress)

        yield on_progress


def _temperatures(progress: Progress | None) -> str:
    if progress is None:
        return ""
    heat = [
        f"{name} {now_c:.0f}/{target_c or 0:.0f} °C"
        for name, now_c, target_c in (
            ("hot end", progress.hotend_c, progress.hotend_target_c),
            ("bed", progress.bed_c, progress.bed_target_c),
        )
        if now_c is not None
    ]
    sent = progress.remaining_s is None or progress.line == progress.lines
    return ", ".join(heat if sent else [*heat, f"{span(progress.remaining_s or 0)} left"])


def tell(text: str) -> None:
    print(text, file=sys.stderr)


def _print(sent: Sent) -> None:
    click.echo(msgspec.json.encode(sent).decode())
