"""Parameters as a JSON Schema (draft 2020-12), for programs that fill them in."""

from fabrication.geometry.parameters.model import Parameter

_TYPES = {"number": "number", "integer": "integer", "boolean": "boolean", "text": "string"}


def json_schema(parameters: tuple[Parameter, ...]) -> dict[str, object]:
    """An object schema; no property is required, since each has a default.

    Unit, group and a slider's step are annotations of ours: `x-unit`, `x-group`, `x-step`.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {parameter.name: _property(parameter) for parameter in parameters},
        "additionalProperties": False,
    }


def _property(parameter: Parameter) -> dict[str, object]:
    if parameter.kind == "choice":
        allowed: dict[str, object] = {
            "oneOf": [{"const": choice.value, "title": choice.label} for choice in parameter.choices]
        }
    else:
        allowed = {"type": _TYPES[parameter.kind]}
    optional = {
        "description": parameter.description or None,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "maxLength": parameter.max_length,
        "x-unit": parameter.unit or None,
        "x-group": parameter.group or None,
        "x-step": parameter.step,
    }
    given = {key: value for key, value in optional.items() if value is not None}
    return {"title": parameter.title, **allowed, "default": parameter.default, **given}
