"""What was tried of a design, and what became of it."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from fabrication.geometry.inspection import COMMON_MM
from fabrication.recipes import Value, json_values, key_of

Size = tuple[float, float, float]
"""Along x, y and z, mm."""

GENERIC_MM: Size = COMMON_MM
"""Asked about where no machine is known."""


class Outcome(StrEnum):
    """What became of one set of values. That the forge was away or busy is none of these."""

    BUILT = "built"
    INVALID = "invalid"
    """It built, and the kernel finds a part that is no valid solid."""
    REFUSED = "refused"
    """The author's script raised."""
    CRASHED = "crashed"
    """The kernel died."""
    KILLED = "killed"
    """A limit was passed: time, memory, disk, log."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One set of values, canonical and whole, and what became of it.

    `words` are the author's, the kernel's or the limit's, `line` is in the author's script; `sizes_mm` has one a
    part; `seconds` is how long it took.
    """

    values: dict[str, Value]
    outcome: Outcome
    words: str = ""
    line: int | None = None
    sizes_mm: tuple[Size, ...] = ()
    seconds: float = 0.0


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a sample is no good. `too_large`: it builds, and no machine known could make it."""

    words: str
    too_large: bool = False


def fault_of(sample: Sample, volumes: tuple[Size, ...]) -> Fault | None:
    """None where it built, is valid, and each part has room in a machine of `volumes`, whichever side it stands on."""
    if sample.outcome is not Outcome.BUILT:
        return Fault(words=sample.words)
    for size in sample.sizes_mm:
        if not any(_has_room(volume, size) for volume in volumes):
            return Fault(words=f"it would be {_mm(size)}, and no machine known here holds that", too_large=True)
    return None


def _has_room(volume: Size, size: Size) -> bool:
    return all(length <= room for length, room in zip(sorted(size), sorted(volume), strict=True))


def point_key(values: Mapping[str, Value]) -> str:
    """Names a set of canonical values; hexadecimal."""
    return key_of({"values": json_values(values)})


def commonest(texts: list[str]) -> str:
    """The sentence most of `texts` are, where the numbers in them may differ; those that do become "…"."""
    split = [text.split(" ") for text in texts]
    shapes = Counter(tuple("#" if _has_digit(word) else word for word in words) for words in split)
    ((shape, _),) = shapes.most_common(1)
    alike = [words for words in split if tuple("#" if _has_digit(word) else word for word in words) == shape]
    return " ".join(column[0] if len(set(column)) == 1 else "…" for column in zip(*alike, strict=True))


def _has_digit(word: str) -> bool:
    return any(letter.isdigit() for letter in word)


def _mm(size: Size) -> str:
    return " × ".join(f"{length:.4g}" for length in size) + " mm"
