"""What is taken of an uploaded file, and the words for what is not."""

import re

import numpy as np
from numpy.typing import NDArray

from fabrication.errors import UploadRefused

TRIANGLES_MAX = 500_000
"""Of one file, instances counted. Twice as many took 20 to 40 s to read and preview, by format, on two busy cores."""
SOLID_TRIANGLES_MAX = 10_000
"""Of one body that becomes a solid of flat faces. Measured for 5,120 and 20,480 triangles of a sphere: to make it
0.4 and 1.5 s, to check it 1.0 and 5.4 s, to cut it once 0.7 and 3.0 s."""
LARGEST_MM = 1_000_000.0
SMALLEST_MM = 0.001
NOTES_MAX = 20
_SHOWN = 80


def shown(text: str) -> str:
    """Words of a stranger's file, fit for a sentence: printable, short."""
    clean = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).strip()
    return clean if len(clean) <= _SHOWN else f"{clean[:_SHOWN]}…"


def check_triangles(count: int) -> None:
    """Raises `UploadRefused` where there are none, or too many."""
    if count == 0:
        raise UploadRefused("it holds no triangle")
    if count > TRIANGLES_MAX:
        raise UploadRefused(
            f"it has {count:,} triangles; at most {TRIANGLES_MAX:,} are taken. "
            "Export it with a coarser tolerance, or reduce it in a mesh editor"
        )


def check_corners(corners: NDArray[np.float64]) -> None:
    """Corners (n, 3) in mm, all numbers and near enough. Raises `UploadRefused` with the first that is not."""
    wrong = ~np.isfinite(corners).all(axis=1)
    if wrong.any():
        raise UploadRefused(f"corner {int(wrong.argmax()) + 1} has a coordinate that is no finite number")
    furthest = float(np.abs(corners).max(initial=0.0))
    if furthest > LARGEST_MM:
        raise UploadRefused(
            f"a corner lies {furthest:.3g} mm from the origin; at most {LARGEST_MM:,.0f} mm are taken. "
            "Was it written in another unit?"
        )
