"""Assignments of literals in a script's tree: read, and written back in the author's own way."""

import ast
import re

from fabrication.geometry.parameters.model import NOT_IN_TEXT
from fabrication.geometry.parameters.notes import plain
from fabrication.recipes import Value

Assignment = ast.Assign | ast.AnnAssign

_NOT_IN_TEXT = re.compile(NOT_IN_TEXT)


def assigned(statement: ast.stmt) -> tuple[str, Value] | None:
    """Name and value where `statement` sets one name to a literal, annotated or not; else None.

    A row is whole numbers or floats throughout, never both. An annotation that names `float` makes them float.
    """
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=node):
            annotation = None
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as node, simple=1):
            annotation = statement.annotation
        case _:
            return None
    value = _row(node) if isinstance(node, ast.Tuple | ast.List) else _scalar(node)
    if value is None:
        return None
    return name, _as_floats(value) if annotation is not None and _names_float(annotation) else value


def written(value: Value | list[float | int], author: ast.expr) -> ast.expr:
    """A literal of `value` where the author's stood: a list stays a list, and every line its number."""
    if not isinstance(value, tuple | list):
        return ast.copy_location(ast.Constant(value), author)
    elements: list[ast.expr] = [ast.copy_location(ast.Constant(number), author) for number in value]
    row = ast.List(elements, ast.Load()) if isinstance(author, ast.List) else ast.Tuple(elements, ast.Load())
    return ast.copy_location(row, author)


def described_by_call(statement: ast.stmt) -> tuple[str, str] | None:
    """Name and words of `describe_parameter(width, "Outer width")`, CadQuery's own convention (`cadquery.cqgi`).

    The words are empty where the call has one argument, as CQGI's runtime allows. None for any other statement.
    """
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Name(id="describe_parameter"),
                args=[ast.Name(id=name) | ast.Constant(value=str() as name), *more],
            )
        ):
            said = more[0] if more else None
            words = said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
            return name, plain(words)
    return None


def _scalar(node: ast.expr) -> float | int | bool | str | None:
    match node:
        case ast.Constant(value=str() as text):
            return None if _NOT_IN_TEXT.search(text) else text  # text over several lines is a constant
        case ast.Constant(value=bool() as switch):
            return switch
    return _number(node)


def _number(node: ast.expr) -> float | int | None:
    match node:
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=ast.Constant(value=int() | float() as number)):
            if isinstance(number, bool):
                return None
            return -number if isinstance(sign, ast.USub) else number
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
    return None


def _row(node: ast.Tuple | ast.List) -> tuple[float | int, ...] | None:
    numbers = [number for element in node.elts if (number := _number(element)) is not None]
    return tuple(numbers) if len(numbers) == len(node.elts) else None


def _names_float(annotation: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "float" for node in ast.walk(annotation))


def _as_floats(value: Value) -> Value:
    """Numbers as float; one beyond what a float holds stays, to be refused with its name."""
    try:
        if isinstance(value, tuple):
            return tuple(float(number) for number in value)
        return float(value) if type(value) is int else value
    except OverflowError:
        return value
