"""Reads submissions from disk: a design's folder (`design.py`, `okh.toml`, `README.md`), or one script alone."""

import ast
import datetime
import math
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commons.errors import Invalid

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SCRIPT_BYTES_MAX = 256 * 1024
# Open Know-How 2.4, the required fields (https://w3id.org/oseg/schema/okh.json).
REQUIRED = ("okhv", "name", "repo", "license", "licensor", "function")
LENGTHS_MAX = {"name": 120, "license": 120, "function": 4000}
"""In characters; the first two are columns of `Design`."""


@dataclass(frozen=True)
class Submission:
    """What a person hands in as one state of a design."""

    slug: str
    script: str
    manifest: dict[str, Any]
    readme: str


def read_submission(path: Path, *, licence: str | None = None, licensor: str = "") -> Submission:
    """The submission at `path`, a folder or a `.py` file; `licence` (SPDX) is needed where there is no `okh.toml`.

    Raises `Invalid` naming the file and what is wrong with it.
    """
    folder = path.is_dir()
    slug = (path.resolve().name if folder else path.stem).replace("_", "-").lower()
    if not SLUG.fullmatch(slug) or len(slug) > 64:
        raise Invalid(f"{path}: its name must be words of a to z and digits joined by hyphens, 64 letters at most")
    script = _text(path / "design.py" if folder else path)
    if not folder:
        return Submission(slug, script, _manifest_of_script(path, slug, script, licence, licensor), readme="")
    readme = path / "README.md"
    return Submission(slug, script, _manifest(path / "okh.toml"), _text(readme) if readme.exists() else "")


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = tomllib.loads(_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Invalid(f"{path}: no valid TOML: {error}") from None
    missing = [field for field in REQUIRED if field not in manifest]
    if missing:
        raise Invalid(f"{path}: Open Know-How asks for {', '.join(missing)}")
    if manifest["okhv"] != "2.4":
        raise Invalid(f'{path}: okhv is {manifest["okhv"]!r}; this commons reads "2.4"')
    for field in ("name", "license", "function"):
        if not isinstance(manifest[field], str) or not manifest[field].strip():
            raise Invalid(f"{path}: {field} must be text")
        if len(manifest[field]) > LENGTHS_MAX[field]:
            letters = len(manifest[field])
            raise Invalid(f"{path}: {field} has {letters} characters; at most {LENGTHS_MAX[field]} are taken")
    _check_plain(path, "", manifest)
    return manifest


def _check_plain(path: Path, where: str, value: object) -> None:
    """The manifest is kept and hashed as JSON, and its text in a database: TOML can say more than these."""
    if isinstance(value, dict):
        for key, each in value.items():
            _check_plain(path, where, key)
            _check_plain(path, f"{where}.{key}" if where else key, each)
    elif isinstance(value, list):
        for each in value:
            _check_plain(path, where, each)
    elif isinstance(value, datetime.date | datetime.time):
        raise Invalid(f'{path}: {where} is a date or time; write it as text, in quotes: "{value.isoformat()}"')
    elif isinstance(value, float) and not math.isfinite(value):
        raise Invalid(f"{path}: {where} is {value}; it must be a number")
    elif isinstance(value, str) and any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value):
        raise Invalid(f"{path}: {where or 'a key'} holds a character that is none (NUL or half of one); remove it")


def _manifest_of_script(path: Path, slug: str, script: str, licence: str | None, licensor: str) -> dict[str, Any]:
    if not licence:
        raise Invalid(f"{path}: say under which licence with --licence, for example --licence CERN-OHL-S-2.0")
    if len(licence) > LENGTHS_MAX["license"]:
        raise Invalid(f"{path}: the licence has {len(licence)} characters; an SPDX expression is shorter")
    try:
        described = (ast.get_docstring(ast.parse(script)) or "").strip()
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Invalid(f"{path}: no valid Python: {error}") from None
    manifest = {
        "okhv": "2.4", "name": slug.replace("-", " ").capitalize(), "repo": "", "license": licence,
        "licensor": licensor, "function": described.split("\n\n")[0].replace("\n", " ")[: LENGTHS_MAX["function"]],
    }  # fmt: skip
    _check_plain(path, "", manifest)
    return manifest


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path}: {error.strerror}") from None
    if len(data) > SCRIPT_BYTES_MAX:
        raise Invalid(f"{path}: {len(data):,} bytes; at most {SCRIPT_BYTES_MAX:,} are taken")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Invalid(f"{path}: not UTF-8 text") from None
    if "\0" in text:
        raise Invalid(f"{path}: it holds a NUL character; remove it")
    return text
