"""`commons`: the catalogue, the dispatcher and their tools."""

from commons.errors import CommonsError
from fabrication.errors import FabricationError
from firmware_bridge.errors import BridgeError
from firmware_bridge.lazy_cli import LazyGroup

main = LazyGroup(
    name="commons",
    help="A commons of parametric designs, and the dispatcher that has them made.",
    error_root=(CommonsError, FabricationError, BridgeError),
    commands_in={
        "add": "commons.commands.add",
        "build": "commons.commands.build",
        "demo": "commons.commands.demo",
        "parameters": "commons.commands.parameters",
        "plan": "commons.commands.plan",
        "run": "commons.commands.run",
    },
)
