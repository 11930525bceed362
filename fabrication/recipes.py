"""The keys: what is built from what. The same recipe is never made twice."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version

from fabrication.artefacts import JSON
from fabrication.errors import SourceError
from fabrication.geometry.jobs.author.imports import PLUGINS

Value = float | int | bool | str | tuple[float | int, ...]
"""What a parameter can be set to: millimetres and other numbers, counts, switches, choices, text, and rows of
numbers."""

FORGE_VERSION = "3"
"""Raised whenever the forge's jobs would make something else of the same source and values."""


SCRIPT = "design.py"
FILES_MAX, FILES_BYTES_MAX, DEPTH_MAX = 64, 16 * 1024 * 1024, 3
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_FORGES_OWN = re.compile(r"design\.py|part_[0-9]+\.brep|preview\.glb")
"""Names at the top of a job's folder that are not an author's to take."""


@dataclass(frozen=True)
class Source:
    """What geometry is made from. A readme or a picture is no part of it: a typo there rebuilds nothing.

    `files` are helper modules and data that lie beside the script, by their path from there ("lib/teeth.py",
    "outline.dxf"). Raises `SourceError` for names and sizes that no source may have.
    """

    script: str
    files: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.files) > FILES_MAX:
            raise SourceError(f"{len(self.files)} files lie beside the script; at most {FILES_MAX} are taken")
        size = sum(len(data) for data in self.files.values())
        if size > FILES_BYTES_MAX:
            most = FILES_BYTES_MAX // 1024**2
            raise SourceError(f"the files beside the script have {size / 1024**2:.1f} MiB; at most {most} are taken")
        for name in self.files:
            _check_file_name(name)

    @cached_property
    def sha256(self) -> str:
        """Names this source; hexadecimal. Of a script alone it is the hash of its text."""
        script = hashlib.sha256(self.script.encode()).hexdigest()
        if not self.files:
            return script
        return key_of(
            {"script": script, "files": {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}}
        )

    @property
    def source_sha256(self) -> str:
        """The same name, spelt as manifests and the database spell it."""
        return self.sha256


def json_values(values: Mapping[str, Value]) -> dict[str, JSON]:
    """Values as JSON says them: a row of numbers is a list there."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


@cache
def engine() -> str:
    """What makes geometry here, by version, read from installed metadata: importing the kernel takes seconds.

    The plugins are many, so a hash of their versions stands for them.
    """
    return engine_of(version("cadquery"), version("cadquery-ocp"), {name: _version(name) for name in PLUGINS})


def engine_of(cadquery: str, ocp: str, plugins: Mapping[str, str | None]) -> str:
    """The same for given versions; a plugin that is not installed has None."""
    beside = f"plugins {key_of(plugins)[:8]}" if any(plugins.values()) else "no plugins"
    return f"cadquery {cadquery}, OCP {ocp}, {beside}, forge {FORGE_VERSION}"


def key_of(recipe: Mapping[str, object]) -> str:
    """The sha256 of a recipe's canonical JSON: keys sorted, no spaces, floats at their shortest exact form."""
    text = json.dumps(recipe, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def geometry_key(kind: str, source: Source, values: Mapping[str, Value], **options: Value | None) -> str:
    """Names what job `kind` makes of `source` with `values`, which must be canonical (see `canonical_values`)."""
    return key_of(
        {"kind": kind, "source": source.sha256, "values": json_values(values), "options": options, "engine": engine()}
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


def _check_file_name(name: str) -> None:
    parts = name.split("/")
    if len(parts) > DEPTH_MAX or not all(_FILE_NAME.fullmatch(part) for part in parts):
        raise SourceError(
            f"{name!r} cannot lie beside a script: names hold letters, digits, `.`, `-` and `_`, "
            f"in at most {DEPTH_MAX - 1} folders"
        )
    if _FORGES_OWN.fullmatch(name):
        raise SourceError(f"{name!r} is a name the forge itself uses; choose another")


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
