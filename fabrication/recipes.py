"""The keys: what is built from what. The same recipe is never made twice."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version

Value = float | int | bool | str
"""What a parameter can be set to: millimetres and other numbers, counts, switches, choices and text."""

FORGE_VERSION = "1"
"""Raised whenever the forge's jobs would make something else of the same source and values."""


@dataclass(frozen=True)
class Source:
    """What geometry is made from. A readme or a picture is no part of it: a typo there rebuilds nothing."""

    script: str

    @cached_property
    def sha256(self) -> str:
        """Names this source; hexadecimal."""
        return hashlib.sha256(self.script.encode()).hexdigest()

    @property
    def source_sha256(self) -> str:
        """The same name, spelt as manifests and the database spell it."""
        return self.sha256


@cache
def engine() -> str:
    """The geometry kernel's versions, read from installed metadata: importing the kernel takes seconds."""
    return f"cadquery {version('cadquery')}, OCP {version('cadquery-ocp')}, forge {FORGE_VERSION}"


def key_of(recipe: Mapping[str, object]) -> str:
    """The sha256 of a recipe's canonical JSON: keys sorted, no spaces, floats at their shortest exact form."""
    text = json.dumps(recipe, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def geometry_key(kind: str, source: Source, values: Mapping[str, Value], **options: Value | None) -> str:
    """Names what job `kind` makes of `source` with `values`, which must be canonical (see `canonical_values`)."""
    return key_of(
        {"kind": kind, "source": source.sha256, "values": dict(values), "options": options, "engine": engine()}
    )


def program_key(
    *,
    geometry_key: str,
    part: str,
    profile_sha256: str,
    material: str,
    settings: Mapping[str, Value],
    slicer_version: str,
    gate_version: str,
) -> str:
    """Names the program that makes `part` on the machine whose published profile hashes to `profile_sha256`."""
    return key_of(
        {
            "kind": "program",
            "geometry": geometry_key,
            "part": part,
            "profile": profile_sha256,
            "material": material,
            "settings": dict(settings),
            "slicer": slicer_version,
            "gate": gate_version,
        }
    )
