"""A design's parameters, read from its source with `tokenize` and `ast`; nothing is executed to be described."""

from fabrication.geometry.parameters.model import Choice, Kind, Parameter
from fabrication.geometry.parameters.reader import python_says, read_parameters, with_values
from fabrication.geometry.parameters.schema import json_schema
from fabrication.geometry.parameters.values import canonical_values

__all__ = [
    "Choice",
    "Kind",
    "Parameter",
    "canonical_values",
    "json_schema",
    "python_says",
    "read_parameters",
    "with_values",
]
