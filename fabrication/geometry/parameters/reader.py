"""Parameters from a script's text.

A parameter is an assignment at the top level of the script, of a literal number, `True` or `False`, or one-line
text, to one name, annotated or not. In the script's head, which ends before the first statement that is neither
an import, a text nor an assignment without a call, every such assignment is one, described or not. Below the head,
and for names in CAPITALS, only those whose comment gives limits, choices or a length. Names that begin with `_`,
and everything in the group `# [Hidden]`, are the author's own.
"""

import ast
import tokenize
from collections.abc import Iterator, Mapping

from fabrication.errors import SourceError
from fabrication.geometry.parameters.comments import Comments, Note, read_comments
from fabrication.geometry.parameters.kinds import as_float, described
from fabrication.geometry.parameters.model import Parameter
from fabrication.recipes import Value

MAX_SCRIPT_CHARS = 256 * 1024
MAX_PARAMETERS = 200

Assignment = ast.Assign | ast.AnnAssign


def read_parameters(script: str) -> tuple[Parameter, ...]:
    """The parameters of a script, in its order. Raises `SourceError` with the line, and nothing else, for any text."""
    _, found = _read(script)
    return tuple(parameter for parameter, _ in found)


def with_values(script: str, values: Mapping[str, Value]) -> ast.Module:
    """The script's tree with each named parameter's literal replaced; every line number stays the author's.

    `values` are canonical. Raises `SourceError` as `read_parameters` does, and for a name it has no parameter for.
    """
    tree, found = _read(script)
    if unknown := values.keys() - {parameter.name for parameter, _ in found}:
        raise SourceError(f"the script has no parameter {', '.join(sorted(unknown))}")
    for parameter, assignment in found:
        if parameter.name in values and assignment.value is not None:
            assignment.value = _written(values[parameter.name], assignment.value)
    return tree


def _written(value: Value, author: ast.expr) -> ast.expr:
    """A literal of `value` where the author's stood: a list stays a list."""
    if not isinstance(value, tuple):
        return ast.copy_location(ast.Constant(value), author)
    elements: list[ast.expr] = [ast.copy_location(ast.Constant(number), author) for number in value]
    row = ast.List(elements, ast.Load()) if isinstance(author, ast.List) else ast.Tuple(elements, ast.Load())
    return ast.copy_location(row, author)


def _read(script: str) -> tuple[ast.Module, list[tuple[Parameter, Assignment]]]:
    if len(script) > MAX_SCRIPT_CHARS:
        raise SourceError(f"a script may have at most {MAX_SCRIPT_CHARS} characters")
    script = script.replace("\r\n", "\n").replace("\r", "\n")  # as the compiler counts lines
    try:
        tree = ast.parse(script, filename="design.py")
        comments = read_comments(script)
    except SyntaxError as error:
        raise SourceError(str(error.msg), error.lineno) from None
    except (tokenize.TokenError, ValueError) as error:  # a NUL, half a surrogate pair
        raise SourceError(f"the script is no Python text: {error}") from None
    except (RecursionError, MemoryError):
        raise SourceError("the script is nested too deeply to be read") from None
    found = list(_parameters(tree, comments))
    if len(found) > MAX_PARAMETERS:
        raise SourceError(f"a script may have at most {MAX_PARAMETERS} parameters")
    seen: dict[str, int] = {}
    for parameter, _ in found:
        if parameter.name in seen:
            first = seen[parameter.name]
            raise SourceError(
                f"{parameter.name} is set here and in line {first}; a parameter is set once", parameter.line
            )
        seen[parameter.name] = parameter.line
    return tree, found


def _parameters(tree: ast.Module, comments: Comments) -> Iterator[tuple[Parameter, Assignment]]:
    in_head = True
    last_on_line = {statement.end_lineno: statement for statement in tree.body}
    for statement in tree.body:
        in_head = in_head and _belongs_to_head(statement)
        name, default = _literal_assignment(statement)
        if name is None or default is None or name.startswith("_"):
            continue
        line = statement.end_lineno or statement.lineno
        # `a = 1; b = 2  # this is said of b`
        note = comments.notes.get(line, Note()) if last_on_line[line] is statement else Note()
        if not note.is_spec and (not in_head or name.isupper()):
            continue
        group = comments.group_at(statement.lineno)
        if group.casefold() == "hidden":
            continue
        assert isinstance(statement, Assignment)  # noqa: S101 (only these have a name)
        yield described(name, default, note, group, statement.lineno), statement


def _belongs_to_head(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign() | ast.AnnAssign():
            return not any(isinstance(node, ast.Call) for node in ast.walk(statement))
    return False


def _literal_assignment(statement: ast.stmt) -> tuple[str | None, Value | None]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, _literal(value)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value, simple=1):
            default = _literal(value)
            is_float = isinstance(statement.annotation, ast.Name) and statement.annotation.id == "float"
            return name, as_float(default) if is_float and type(default) is int else default
    return None, None


def _literal(node: ast.expr) -> Value | None:
    match node:
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=ast.Constant(value=int() | float() as number)):
            if isinstance(number, bool):
                return None
            return -number if isinstance(sign, ast.USub) else number
        case ast.Constant(value=str() as text):
            return text if text.isprintable() else None  # text over several lines is a constant
        case ast.Constant(value=bool() | int() | float() as value):
            return value
    return None
