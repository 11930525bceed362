"""Open Know-How manifests: read and held to what a database keeps, or written for what came without one."""

import ast
import datetime
import math
import tomllib
from collections.abc import Mapping
from typing import Any

from commons.errors import Invalid
from fabrication.geometry.parameters import python_says

# Open Know-How 2.4, the required fields (https://w3id.org/oseg/schema/okh.json).
REQUIRED = ("okhv", "name", "repo", "license", "licensor", "function")
NAME_MAX = 120
DEPTH_MAX = 20
LENGTHS_MAX = {"name": NAME_MAX, "license": NAME_MAX, "function": 4000}
"""In characters; the first two are columns of `Design`."""


def read_manifest(text: str, path: str) -> dict[str, Any]:
    """The manifest in `text`; `path` names it in the sentence. Raises `Invalid`."""
    try:
        manifest = tomllib.loads(text)
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


def _check_plain(path: str, where: str, value: object, depth: int = 0) -> None:
    """The manifest is kept and hashed as JSON, and its text in a database: TOML can say more than these."""
    if depth > DEPTH_MAX:
        raise Invalid(f"{path}: {where[:NAME_MAX]} lies more than {DEPTH_MAX} tables and lists deep")
    if isinstance(value, dict):
        for key, each in value.items():
            _check_plain(path, where, key)
            _check_plain(path, f"{where}.{key}" if where else key, each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _check_plain(path, where, each, depth + 1)
    elif isinstance(value, datetime.date | datetime.time):
        raise Invalid(f'{path}: {where} is a date or time; write it as text, in quotes: "{value.isoformat()}"')
    elif isinstance(value, float) and not math.isfinite(value):
        raise Invalid(f"{path}: {where} is {value}; it must be a number")
    elif isinstance(value, str) and any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value):
        raise Invalid(f"{path}: {where or 'a key'} holds a character that is none (NUL or half of one); remove it")


def written_manifest(
    title: str, licence: str, licensor: str, function: str, where: str = "the submission"
) -> dict[str, Any]:
    """The manifest of what came without one. Raises `Invalid` for texts that a manifest cannot hold."""
    for field, text in (("name", title), ("licence", licence)):
        if not text.strip() or len(text) > NAME_MAX:
            raise Invalid(f"{where}: the {field} has {len(text)} characters; 1 to {NAME_MAX} are taken")
    manifest = {
        "okhv": "2.4", "name": title.strip(), "repo": "", "license": licence.strip(), "licensor": licensor,
        "function": function.strip()[: LENGTHS_MAX["function"]],
    }  # fmt: skip
    _check_plain(where, "", manifest)
    return manifest


def licensors(manifest: Mapping[str, object]) -> list[str]:
    """Who grants the licence: text, a table with a name, or a list of these."""
    said = manifest.get("licensor", "")
    people = said if isinstance(said, list) else [said]
    names = (str(each.get("name", "")) if isinstance(each, dict) else str(each) for each in people)
    return [name for name in names if name]


def function_of(script: str, where: str) -> str:
    """The first paragraph of a script's docstring. Raises `Invalid` where it is no Python."""
    try:
        described = (ast.get_docstring(ast.parse(script)) or "").strip()
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f", line {error.lineno or 1}" if isinstance(error, SyntaxError) else ""
        raise Invalid(f"{where}: no valid Python{line}: {python_says(error)}") from None
    return described.split("\n\n")[0].replace("\n", " ")
