"""What the files of a job are called, and what a part may be called. Nothing heavy: the parent reads this too."""

import re

SCRIPT = "design.py"
PREVIEW = "preview.glb"
PICTURE = "picture.png"
PROBLEMS = "problems.png"
MAX_PARTS = 32
MAX_NAME = 40


def part_file(index: int) -> str:
    """The BREP of a part, counted from 0."""
    return f"part_{index}.brep"


def export_file(fmt: str) -> str:
    """The file that `export` writes."""
    return f"export.{fmt}"


def part_name(name: object) -> str:
    """A name that is fit for a file, a page and a model: letters, digits, space, `-` and `_`."""
    text = re.sub(r"[^A-Za-z0-9 _-]+", "-", name if isinstance(name, str) else "").strip(" -_")
    return text[:MAX_NAME].strip(" -_") or "part"
