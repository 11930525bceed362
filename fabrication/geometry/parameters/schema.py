"""Parameters as a JSON Schema (draft 2020-12), for programs that fill them in."""

from fabrication.artefacts import JSON
from fabrication.geometry.parameters.model import NOT_IN_TEXT, Parameter
from fabrication.recipes import json_values


def json_schema(parameters: tuple[Parameter, ...], title: str = "") -> dict[str, JSON]:
    """An object schema; no property is required, since each has a default. `title` names the design.

    It accepts the JSON that `canonical_values` accepts, beside which that takes texts of numbers and switches.
    Unit, group and a slider's step are annotations of ours: `x-unit`, `x-group`, `x-step`. A step is no
    `multipleOf`: it says how far a slider moves, and values between two steps are allowed.
    """
    properties: dict[str, JSON] = {parameter.name: _property(parameter) for parameter in parameters}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **({"title": title} if title else {}),
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _property(parameter: Parameter) -> dict[str, JSON]:
    annotations: dict[str, JSON] = {
        "description": parameter.description or None,
        "x-unit": parameter.unit or None,
        "x-group": parameter.group or None,
        "x-step": _short(parameter.step),
    }
    return {
        "title": parameter.title,
        **_allowed(parameter),
        **json_values({"default": parameter.default}),
        **{key: value for key, value in annotations.items() if value is not None},
    }


def _allowed(parameter: Parameter) -> dict[str, JSON]:
    match parameter.kind:
        case "choice":
            options = [json_values({"const": each.value, "title": each.label}) for each in parameter.choices]
            return {"oneOf": list[JSON](options)}
        case "vector":
            count = len(parameter.numbers)
            return {"type": "array", "items": _number(parameter), "minItems": count, "maxItems": count}
        case "number" | "integer":
            return _number(parameter)
        case "text":
            return {"type": "string", "maxLength": parameter.max_length, "not": {"pattern": NOT_IN_TEXT}}
        case "boolean":
            return {"type": "boolean"}


def _number(parameter: Parameter) -> dict[str, JSON]:
    limits = {"minimum": _short(parameter.minimum), "maximum": _short(parameter.maximum)}
    kind = "integer" if parameter.is_whole else "number"
    return {"type": kind, **{key: limit for key, limit in limits.items() if limit is not None}}


def _short(number: float | None) -> float | int | None:
    """20.0 as 20: the same number in JSON, as its author wrote it."""
    return int(number) if number is not None and number.is_integer() else number
