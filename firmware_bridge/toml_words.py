"""What is wrong with a TOML file, in its owner's words: at which key, what stands there, and what may.

msgspec finds the fault and its place, and says them to a programmer; what may stand there is read from the types.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect

from firmware_bridge.text import brief

SHOWN = 60
"""Characters of a value that are repeated."""

SECRET = {"secret": True}
"""As a type's `extra`: what stands there is not repeated."""

_PLACE = re.compile(r" - at `\$((?:\.\w+|\[\d+\])+)`\Z")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_KEY = re.compile(r"Object (missing required|contains unknown) field `(.*)`\Z", re.DOTALL)


def in_words(error: msgspec.ValidationError, given: Mapping[str, Any], kind: type[msgspec.Struct]) -> str:
    """One line on why `given`, a file as it was read, is no `kind`: `[volume] x_mm is 0: give a number above 0`."""
    said = str(error)
    of_all = _KEY.match(said)
    place = None if of_all and of_all[2] in given else _PLACE.search(said)
    heads, key = "", ""
    value: Any = given
    wanted: inspect.Type = inspect.type_info(kind)
    for name, index in _STEP.findall(place[1] if place else ""):
        if name:
            heads += _head(key)
            key, value, wanted = name, value[name], _fields(wanted)[name]
        else:
            key, value, wanted = f"{key} no. {int(index) + 1}", value[int(index)], _item(wanted, int(index))
    if error.__cause__ is not None:  # a rule of the table's own
        return brief(f"{heads}{_head(key)}{error.__cause__}")
    found = _KEY.match(said[: place.start()] if place else said)
    if found is None:
        secret = isinstance(wanted, inspect.Metadata) and wanted.extra == SECRET
        shown = "not what it may be" if secret else _shown(value)
        return brief(f"{heads}{key} is {shown}: give {_may_be(wanted, key)}")
    fields = _fields(wanted)
    where = f"{heads}{_head(key)}{found[2]}"
    if found[2] in fields:
        return brief(f"{where} is missing: give {_may_be(fields[found[2]], found[2])}")
    return brief(f"{where} is not known: there may be {', '.join(fields)}")


def _head(key: str) -> str:
    """A table as its file heads it: `[volume] `, `[[materials]] no. 2, `."""
    name, numbered, number = key.partition(" no. ")
    return f"[[{name}]]{numbered}{number}, " if numbered else f"[{name}] " if name else ""


def _fields(kind: inspect.Type) -> dict[str, inspect.Type]:
    assert isinstance(kind, inspect.StructType)  # noqa: S101 (only a table has keys)
    return {field.name: field.type for field in kind.fields}


def _item(kind: inspect.Type, index: int) -> inspect.Type:
    if isinstance(kind, inspect.TupleType):
        return kind.item_types[index]
    assert isinstance(kind, inspect.VarTupleType)  # noqa: S101 (nothing else has items)
    return kind.item_type


def _shown(value: object) -> str:
    """As it stands in the file, if that is short."""
    match value:
        case str():
            return brief(json.dumps(value, ensure_ascii=False), SHOWN)
        case bool():
            return str(value).lower()
        case dict():
            return "a table"
        case list():
            return f"a list of {len(value)}"
    return brief(str(value), SHOWN)


def _may_be(kind: inspect.Type, key: str) -> str:
    """What may stand at `key`. Raises `TypeError` for a type that no file of ours has."""
    match kind:
        case inspect.StructType():
            name, numbered, _ = key.partition(" no. ")
            return f"a table, [[{name}]]" if numbered else f"a table, [{name}]"
        case inspect.VarTupleType(item_type=inspect.StructType()):
            return f"each a table of its own, [[{key}]]"
        case inspect.VarTupleType(item_type=item):
            return f"a list, each {_value(item)}"
        case inspect.TupleType(item_types=items):
            return f"a list of {len(items)}, each {_value(items[0])}"
    return _value(kind)


def _value(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=said):
            return said["description"] if said else _value(inner)
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType(values=values):
            *others, last = (json.dumps(value) for value in values)
            return f"{', '.join(others)} or {last}" if others else last
        case inspect.IntType():
            return f"a whole number{_bounds(kind)}"
        case inspect.FloatType():
            return f"a number{_bounds(kind)}"
        case inspect.StrType(min_length=least, max_length=most):
            return "a text in quotes" + (f" of {least or 0} to {most} characters" if most else "")
    raise TypeError(f"no words for {kind}")


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    """` from 0 to 500`, ` above 0, up to 100`, ` of at least 0`, or nothing."""
    if kind.gt is not None:
        return f" above {kind.gt}" + (f", up to {kind.le}" if kind.le is not None else "")
    if kind.ge is not None:
        return f" from {kind.ge} to {kind.le}" if kind.le is not None else f" of at least {kind.ge}"
    return ""
