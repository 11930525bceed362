"""A variant's values in addresses and forms: parameter `width` is the field `p.width`.

The prefix keeps an author's names apart from ours: a parameter may be called `revision` or `quantity`. A row of
numbers is one field in an address, `p.holes=3, 5, 8`, and one for each number in a form, `p.holes.0` and so on.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby

from werkzeug.datastructures import MultiDict

from fabrication.geometry.parameters import Parameter
from fabrication.recipes import Value

PREFIX = "p."
_ELEMENT = re.compile(r"p\.([^.]+)\.([0-9]|1[0-5])")


def given_values(fields: MultiDict[str, str]) -> dict[str, str]:
    """What a form or an address says. The last of several counts: a checkbox follows its hidden "false".

    The numbers of a row are joined by commas, and count before the row's single field: a form says more than the
    address it stands at.
    """
    given: dict[str, str] = {}
    rows: dict[str, dict[int, str]] = defaultdict(dict)
    for field in fields:
        text = fields.getlist(field)[-1]
        if element := _ELEMENT.fullmatch(field):
            rows[element[1]][int(element[2])] = text
        elif field.startswith(PREFIX):
            given[field.removeprefix(PREFIX)] = text
    return given | {name: as_text([row[place] for place in sorted(row)]) for name, row in rows.items()}


def as_fields(values: Mapping[str, Value]) -> dict[str, str]:
    """Canonical values as the fields of an address or hidden in a form; `given_values` reads them back."""
    return {PREFIX + name: as_text(value) for name, value in values.items()}


def as_text(value: object) -> str:
    """A value as an input field holds it, exactly: 60.0 → 60, True → true, (3, 5.5) → 3, 5.5."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, list | tuple):
        return ", ".join(map(as_text, value))
    return str(value)


def groups_of(parameters: Iterable[Parameter]) -> list[tuple[str, list[Parameter]]]:
    """Neighbours of one group together, in the script's order; the group of those without one is ""."""
    return [(name, list(members)) for name, members in groupby(parameters, key=lambda parameter: parameter.group)]
