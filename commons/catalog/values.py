"""A variant's values in addresses and forms: parameter `width` is the field `p.width`.

The prefix keeps an author's names apart from ours: a parameter may be called `revision` or `quantity`.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby

from werkzeug.datastructures import MultiDict

from fabrication.geometry.parameters import Parameter
from fabrication.recipes import Value

PREFIX = "p."


def given_values(fields: MultiDict[str, str]) -> dict[str, str]:
    """What a form or an address says. The last of several counts: a checkbox follows its hidden "false"."""
    return {name.removeprefix(PREFIX): fields.getlist(name)[-1] for name in fields if name.startswith(PREFIX)}


def as_fields(values: Mapping[str, Value]) -> dict[str, str]:
    """Canonical values as the fields of a form or an address; `given_values` reads them back."""
    return {PREFIX + name: as_text(value) for name, value in values.items()}


def as_text(value: object) -> str:
    """A value as an input field holds it: 60.0 → 60, True → true."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)


def groups_of(parameters: Iterable[Parameter]) -> list[tuple[str, list[Parameter]]]:
    """Neighbours of one group together, in the script's order; the group of those without one is ""."""
    return [(name, list(members)) for name, members in groupby(parameters, key=lambda parameter: parameter.group)]
