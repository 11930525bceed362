"""Importing this imports every plugin that is installed: the zygote does so once, for all its children.

None of them may start a thread or do geometry while it is imported. One that cannot be imported takes no other
down; a script that asks for it is told so at its own line.
"""

import importlib
import importlib.util
import sys
import traceback
from types import ModuleType

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


def _learn_later() -> None:
    """scikit-learn is half of what build123d takes to import; one function in it, which makes solids of STL, needs it.

    That function then gets the real one, imported when it is called.
    """
    package, cluster = ModuleType("sklearn"), ModuleType("sklearn.cluster")

    def dbscan(*arguments: object, **options: object) -> object:
        for name in ("sklearn", "sklearn.cluster"):
            if sys.modules.get(name) in (package, cluster):
                del sys.modules[name]
        return importlib.import_module("sklearn.cluster").DBSCAN(*arguments, **options)

    cluster.DBSCAN = dbscan  # type: ignore[attr-defined]
    package.cluster = cluster  # type: ignore[attr-defined]
    sys.modules |= {"sklearn": package, "sklearn.cluster": cluster}


def _import(name: str) -> None:
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        return
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 (whatever a library raises while it is imported)
        traceback.print_exc()


if "sklearn" not in sys.modules:
    _learn_later()
for _name in (*PLUGINS, *_DEEPER):
    _import(_name)
