"""`firmware-bridge`: the workshop's side of the commons."""

import click

from firmware_bridge.errors import BridgeError
from firmware_bridge.lazy_cli import LazyGroup

_commands = LazyGroup(
    name="firmware-bridge",
    help="Check programs, send them to machines, and take jobs from a commons.",
    epilog="Exit codes: 0, done; 2, called wrongly; 1, anything else: a file that is refused, a profile or port that"
    " cannot be used, a machine that failed.",
    error_root=BridgeError,
    commands_in={
        "check": "firmware_bridge.commands.check",
        "stream": "firmware_bridge.commands.stream",
        "identify": "firmware_bridge.commands.identify",
        "home": "firmware_bridge.commands.home",
        "virtual": "firmware_bridge.commands.virtual",
        "pair": "firmware_bridge.commands.pair",
        "run": "firmware_bridge.commands.run",
        "arm": "firmware_bridge.commands.arm",
        "clear": "firmware_bridge.commands.clear",
        "stop": "firmware_bridge.commands.stop",
        "resume": "firmware_bridge.commands.resume",
        "status": "firmware_bridge.commands.status",
    },
)
main = click.version_option(package_name="fabrication-commons", message="%(prog)s %(version)s")(_commands)
