"""Importing this makes a plugin lighter to import, whoever imports it."""

import importlib
import sys
from types import ModuleType


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


if "sklearn" not in sys.modules:
    _learn_later()
