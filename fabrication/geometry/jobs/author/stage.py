"""The process while an author's script runs: as if its own interpreter had been started in its folder."""

import builtins
import importlib.util
import os
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np

from fabrication.geometry.jobs.author.imports import PLUGINS, VIEWERS, absence, refusal

_SEED = 0
"""The same values make the same part, by chance too; CQ-editor seeds as well."""


class NotHere(ImportError):
    """A script asks for a module that designs do not have; the text is a sentence for its author."""


@contextmanager
def set_for(module: ModuleType, folder: Path, viewer: ModuleType) -> Iterator[None]:
    """Modules in `folder` (absolute) can be imported, others only by `imports`; `viewer` answers for every viewer.

    Everything is put back, so that tests and a process with several scripts see nothing of it.
    """
    modules, path, argv, silent = dict(sys.modules), list(sys.path), list(sys.argv), sys.dont_write_bytecode
    python_import = builtins.__import__
    sys.modules |= {module.__name__: module, "cadquery.vis": viewer}  # dataclasses look their module up
    sys.path.insert(0, str(folder))
    sys.argv[:] = [str(module.__file__)]
    sys.dont_write_bytecode = True
    random.seed(_SEED)
    np.random.seed(_SEED)
    builtins.__import__ = _author_import(folder, viewer)
    try:
        yield
    finally:
        builtins.__import__ = python_import
        sys.path[:], sys.argv[:], sys.dont_write_bytecode = path, argv, silent
        ours = [name for name, each in sys.modules.items() if each in (module, viewer) or lies_in(each, folder)]
        for name in ours:
            del sys.modules[name]
        sys.modules |= {name: modules[name] for name in ours if name in modules}


def lies_in(module: ModuleType | None, folder: Path) -> bool:
    """Whether a module was loaded from `folder`; packages without an `__init__.py` too."""
    paths = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return any(path and str(path).startswith(f"{folder}{os.sep}") for path in paths)


def _author_import(folder: Path, viewer: ModuleType):  # type: ignore[no-untyped-def]  # noqa: ANN202
    python_import = builtins.__import__
    inside = f"{folder}{os.sep}"

    def author_import(
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002 (the names Python gives them)
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        top = name.partition(".")[0]
        if level == 0 and str((globals or {}).get("__file__", "")).startswith(inside):
            if (folder / f"{top}.py").is_file() or (folder / top / "__init__.py").is_file():
                _refuse_shadow(top, folder)
            elif top in VIEWERS:
                return viewer
            elif (sentence := refusal(name)) and not (folder / top).is_dir():
                raise NotHere(sentence, name=name)
            elif top in PLUGINS and top not in sys.modules and importlib.util.find_spec(top) is None:
                raise NotHere(absence(name), name=name)
        return python_import(name, globals, locals, fromlist, level)

    return author_import


def _refuse_shadow(top: str, folder: Path) -> None:
    """A library that is loaded under that name would be imported in place of the author's own module."""
    loaded = sys.modules.get(top)
    if loaded is not None and not lies_in(loaded, folder):
        raise NotHere(f"{top}.py is called like a module that is loaded already; call it something else", name=top)
