"""Parameters from a script's text.

A parameter is an assignment at the top level of the script, of a literal number, a row of up to 16 numbers, `True`
or `False`, or one-line text, to one name, annotated or not. In the script's head, which ends before the first
statement that is neither an import, a text, an assignment without a call nor a `describe_parameter`, every such
assignment is one, described or not. Below the head, and for names in CAPITALS, only those whose comment gives
limits, choices or a length. Names that begin with `_`, those the head sets twice without such a comment, and
everything in the group `# [Hidden]`, are the author's own.

Its description is what `describe_parameter` says of it, else the comment behind it, else the one to three comment
lines directly above it.
"""

import ast
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from fabrication.errors import SourceError
from fabrication.geometry.parameters.comments import Comments, read_comments
from fabrication.geometry.parameters.kinds import described
from fabrication.geometry.parameters.literals import Assignment, assigned, described_by_call, written
from fabrication.geometry.parameters.model import ROW_MAX, Parameter
from fabrication.geometry.parameters.notes import Note
from fabrication.recipes import Value

MAX_SCRIPT_CHARS = 256 * 1024
MAX_PARAMETERS = 200
_MANY_DIGITS = "a whole number has more digits than can be read or written; thousands are never needed"


@lru_cache(maxsize=64)
def read_parameters(script: str) -> tuple[Parameter, ...]:
    """The parameters of a script, in its order. Raises `SourceError` with the line, and nothing else, for any text.

    The largest scripts take half a second to read, and every look at a design asks: what was read lately is kept.
    """
    _, found = _read(script)
    return tuple(parameter for parameter, _ in found)


def with_values(script: str, values: Mapping[str, Value | list[float | int]]) -> ast.Module:
    """The script's tree with each named parameter's literal replaced; every line number stays the author's.

    `values` are canonical, a row also as JSON has it: a list. Raises `SourceError` as `read_parameters` does, and for
    a name it has no parameter for.
    """
    tree, found = _read(script)
    if unknown := values.keys() - {parameter.name for parameter, _ in found}:
        raise SourceError(f"the script has no parameter {', '.join(sorted(unknown))}")
    for parameter, assignment in found:
        if parameter.name in values and assignment.value is not None:
            assignment.value = written(values[parameter.name], assignment.value)
    return tree


def python_says(error: BaseException) -> str:
    """Python's own words for what is wrong, but not its advice to whoever runs it, which is no author's to follow."""
    said = str(error.msg if isinstance(error, SyntaxError) else error)
    return _MANY_DIGITS if "set_int_max_str_digits" in said else said


def _read(script: str) -> tuple[ast.Module, list[tuple[Parameter, Assignment]]]:
    if len(script) > MAX_SCRIPT_CHARS:
        raise SourceError(f"a script may have at most {MAX_SCRIPT_CHARS} characters")
    script = script.replace("\r\n", "\n").replace("\r", "\n")  # as the compiler counts lines
    try:
        tree = ast.parse(script, filename="design.py")
        comments = read_comments(script)
    except SyntaxError as error:
        raise SourceError(python_says(error), error.lineno) from None
    except (tokenize.TokenError, ValueError) as error:  # a NUL, half a surrogate pair
        raise SourceError(f"the script is no Python text: {python_says(error)}") from None
    except (RecursionError, MemoryError):
        raise SourceError("the script is nested too deeply to be read") from None
    calls = dict(filter(None, map(described_by_call, tree.body)))
    found: dict[str, tuple[Parameter, Assignment]] = {}
    spoken_for: dict[str, tuple[int, bool]] = {}
    for parameter, assignment, is_spec in _parameters(tree, comments):
        if parameter.name in spoken_for:
            first, was_spec = spoken_for[parameter.name]
            if is_spec or was_spec:
                raise SourceError(
                    f"{parameter.name} is set here and in line {first}; a parameter is set once", parameter.line
                )
            found.pop(parameter.name, None)
            continue
        spoken_for[parameter.name] = parameter.line, is_spec
        if len(found) == MAX_PARAMETERS:
            raise SourceError(f"a script may have at most {MAX_PARAMETERS} parameters", parameter.line)
        words = calls.get(parameter.name) or parameter.description or comments.above(parameter.line)
        found[parameter.name] = replace(parameter, description=words), assignment
    return tree, list(found.values())


def _parameters(tree: ast.Module, comments: Comments) -> Iterator[tuple[Parameter, Assignment, bool]]:
    """Each with its assignment, and whether its comment says outright that it is one."""
    in_head = True
    last_on_line = {statement.end_lineno: statement for statement in tree.body}
    for statement in tree.body:
        in_head = in_head and _belongs_to_head(statement)
        if not isinstance(statement, Assignment) or (set_here := assigned(statement)) is None:
            continue
        name, default = set_here
        line = statement.end_lineno or statement.lineno
        # `a = 1; b = 2  # this is said of b`
        note = comments.notes.get(line, Note()) if last_on_line[line] is statement else Note()
        is_plain = not in_head or name.isupper() or (isinstance(default, tuple) and not 0 < len(default) <= ROW_MAX)
        if name.startswith("_") or (is_plain and not note.is_spec):
            continue
        group = comments.group_at(statement.lineno)
        if group.casefold() != "hidden":
            yield described(name, default, note, group, statement.lineno), statement, note.is_spec


def _belongs_to_head(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign() | ast.AnnAssign():
            return not any(isinstance(node, ast.Call) for node in ast.walk(statement))
    return described_by_call(statement) is not None
