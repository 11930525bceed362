"""Importing this imports every plugin that is installed: the zygote does so once, for all its children, when it
has nothing else to do.

None of them may start a thread or do geometry while it is imported. One that cannot be imported takes no other
down; a script that asks for it is told so at its own line.
"""

import importlib
import importlib.util
import traceback

from fabrication.geometry.jobs.author import lighter  # noqa: F401  (before any of them)
from fabrication.geometry.jobs.author.imports import PLUGINS

_DEEPER = (
    "bd_warehouse.bearing",
    "bd_warehouse.fastener",
    "bd_warehouse.flange",
    "bd_warehouse.gear",
    "bd_warehouse.pipe",
    "bd_warehouse.sprocket",
    "bd_warehouse.thread",
)


def _import(name: str) -> None:
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        return
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 (whatever a library raises while it is imported)
        traceback.print_exc()


for _name in (*PLUGINS, *_DEEPER):
    _import(_name)
