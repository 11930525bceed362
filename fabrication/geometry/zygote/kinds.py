"""Which kinds of job a zygote offers: the usual ones, or those of a file, for trying the walls."""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from fabrication.geometry.jobs import KINDS, JobKind

KINDS_MODULE = "fabrication_kinds_on_trial"

Run = Callable[[dict[str, object], Path], dict[str, object]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A kind whose module is imported."""

    run: Run
    runs_author_code: bool


def load_kinds(file: str | None) -> dict[str, JobKind]:
    """The forge's kinds, or those of the Python file `file`, whose module is then called KINDS_MODULE.

    Only the forge's command line can name such a file; it is for trying the walls. Raises whatever the file does.
    """
    if file is None:
        return KINDS
    spec = importlib.util.spec_from_file_location(KINDS_MODULE, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[KINDS_MODULE] = module
    spec.loader.exec_module(module)
    return cast(dict[str, JobKind], module.KINDS)


def preload(kinds: dict[str, JobKind]) -> tuple[dict[str, Loaded], dict[str, str]]:
    """Import what the kinds need; of those that cannot be loaded, why."""
    loaded: dict[str, Loaded] = {}
    unavailable: dict[str, str] = {}
    for name, kind in kinds.items():
        try:
            for module in kind.preload:
                importlib.import_module(module)
            run = cast(Run, importlib.import_module(kind.module).run)
            if kind.rehearsal:
                rehearse(kind.rehearsal)
            loaded[name] = Loaded(run, kind.runs_author_code)
        except Exception as error:  # noqa: BLE001  a kind that cannot be loaded takes no other down
            traceback.print_exc()
            unavailable[name] = f"{type(error).__name__}: {error}"
    return loaded, unavailable


def rehearse(module: str) -> None:
    """Do what that module does so that nobody does it for the first time. Raises whatever it raises."""
    importlib.import_module(module).rehearse()
