"""`commons`: the catalogue, the dispatcher and their tools."""

import sys
from importlib.util import find_spec
from typing import Any

from commons.errors import CommonsError
from fabrication.errors import FabricationError
from firmware_bridge.errors import BridgeError
from firmware_bridge.lazy_cli import LazyGroup


class _Commons(LazyGroup):
    def main(self, *arguments: Any, **options: Any) -> Any:
        if find_spec("flask") is None:
            sys.exit("This is the bridge alone. The commons comes with: pip install 'fabrication-commons[commons]'")
        return super().main(*arguments, **options)


main = _Commons(
    name="commons",
    help="A commons of parametric designs, and the dispatcher that has them made.",
    error_root=(CommonsError, FabricationError, BridgeError),
    commands_in={
        "add": "commons.commands.add",
        "build": "commons.commands.build",
        "check": "commons.commands.check",
        "demo": "commons.commands.demo",
        "parameters": "commons.commands.parameters",
        "plan": "commons.commands.plan",
        "run": "commons.commands.run",
    },
)
