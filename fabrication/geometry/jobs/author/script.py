"""Running an author's script: what it shows becomes parts, what it raises becomes a sentence with its line.

Only the confined child imports this to use it.
"""

import errno
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, ModuleType

from fabrication.errors import ScriptFailed, SourceError
from fabrication.geometry.jobs.author import names, stage, words
from fabrication.geometry.jobs.author.showable import Body, is_showable
from fabrication.geometry.jobs.author.shown import Shown, Viewer
from fabrication.geometry.jobs.files import SCRIPT
from fabrication.geometry.parameters import with_values
from fabrication.recipes import Value

RESULT = "result"
"""The variable that CadQuery's gateway and its command lines take where nothing is shown."""


def run_script(script: str, values: Mapping[str, Value], folder: Path) -> dict[str, Body]:
    """The parts that a design's script shows with these values; `folder` has the files beside it.

    It should be the working directory too, so that the script finds them by name. Raises `ScriptFailed` in the
    author's words, with their line.
    """
    folder = folder.absolute()
    try:
        tree = with_values(script, values)
        code = compile(tree, str(folder / SCRIPT), "exec")
    except SourceError as error:
        raise ScriptFailed(str(error).removeprefix(f"line {error.line}: "), error.line) from None
    except (SyntaxError, ValueError, RecursionError) as error:
        raise words.unreadable(error) from None
    shown = Shown()
    module = ModuleType(names.module_name(tree))
    module.__file__ = str(folder / SCRIPT)
    viewer = Viewer(shown, module.__dict__)
    module.__dict__.update(names.namespace(shown))
    with stage.set_for(module, folder, viewer):
        _execute(code, module, shown, folder)
    if not shown.parts:
        raise ScriptFailed(_nothing_shown(module))
    return shown.parts


def _execute(code: CodeType, module: ModuleType, shown: Shown, folder: Path) -> None:
    try:
        try:
            exec(code, module.__dict__)  # noqa: S102 (this is the one place for it: a confined child)
        except SystemExit as error:
            if error.code not in (None, 0) or not (shown.parts or is_showable(module.__dict__.get(RESULT))):
                raise  # else `sys.exit(main())` at the end of a script that has shown its parts
        if not shown.parts and module.__dict__.get(RESULT) is not None:
            shown.show_object(module.__dict__[RESULT])
    except MemoryError:
        raise  # a limit of the forge's, which has its own words for it
    except BaseException as error:
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            raise  # the same
        raise words.failure(error, folder) from None


def _nothing_shown(module: ModuleType) -> str:
    """With the name of the last variable that could have been shown, if there is one."""
    mine = [name for name, value in module.__dict__.items() if not name.startswith("_") and is_showable(value)]
    last = mine[-1] if mine else "part"
    return f'the script shows nothing; end it with show_object({last}, name="{last}"), or call the part `{RESULT}`'
