"""What a person is told to type next, at the very bridge they asked."""

import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from firmware_bridge.errors import BridgeError

_COMMAND = re.compile(r"\bfirmware-bridge (?:arm|clear|home|pair|resume|run|status|stop)\b")


@contextmanager
def hints_at(home: Path | None) -> Iterator[Callable[[str], None]]:
    """Gives what shows a text; in it, and in an error, each command names the `home` that was given.

    A command without it would ask another bridge, or none.
    """
    try:
        yield lambda text: click.echo(at_home(text, home))
    except BridgeError as error:
        error.args = (at_home(str(error), home),)
        raise


def at_home(text: str, home: Path | None) -> str:
    if home is None:
        return text
    option = f" --home {shlex.quote(str(home))}"
    return _COMMAND.sub(lambda command: command[0] + option, text)
