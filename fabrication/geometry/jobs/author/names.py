"""The names a script finds when it starts, beside Python's own."""

import ast
import random

import cadquery as cq

from fabrication.geometry.jobs.author.shown import Shown
from fabrication.geometry.jobs.uploads.for_scripts import import_mesh, import_parts, import_step

MODULE_NAMES = ("__cqgi__", "__cq_main__", "temp", "__main__")
"""What a script may be called: by CadQuery's gateway, by CQ-editor, by CQ-editor of old, and by Python."""

_dice = random.Random(0)  # noqa: S311 (colours)


def module_name(tree: ast.Module) -> str:
    """What `__name__` is to be: "__main__", as for every script, unless this one asks whether it is another.

    `if __name__ == "__main__":` is what most scripts end with; `if __name__ in ("__cqgi__", "temp"):` is for viewers.
    """
    asked = {
        constant.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(node))
        for constant in ast.walk(node)
        if isinstance(constant, ast.Constant)
    }
    return next((name for name in MODULE_NAMES if name in asked), MODULE_NAMES[-1])


def namespace(shown: Shown) -> dict[str, object]:
    """CadQuery, the functions that CQ-editor and CadQuery's gateway give a script, and those that open a model."""
    return {
        "cq": cq,
        "cadquery": cq,
        "show_object": shown.show_object,
        "debug": _nothing,
        "describe_parameter": _nothing,
        "log": print,
        "rand_color": _rand_color,
        "import_step": import_step,
        "import_mesh": import_mesh,
        "import_parts": import_parts,
    }


def _nothing(*_: object, **__: object) -> None:
    """What a viewer shows beside the parts, and what the parameter reader has read already."""


def _rand_color(alpha: float = 0.0, cfloat: bool = False) -> object:
    """As CQ-editor's: options for `show_object`, or with `cfloat` a tuple of 0–1."""
    colour = tuple(_dice.randrange(10, 100) for _ in range(3))
    return (*(part / 255 for part in colour), alpha) if cfloat else {"alpha": alpha, "color": colour}
