"""The job kinds of a forge under test: `probe` runs whatever source it is given, confined as an author's script is."""

from pathlib import Path

from fabrication.geometry.jobs import KINDS as OURS
from fabrication.geometry.jobs import JobKind


def run(request: dict[str, object], folder: Path) -> dict[str, object]:
    namespace: dict[str, object] = {"folder": folder}
    exec(compile(str(request["source"]), "probe.py", "exec"), namespace)
    return namespace["probe"](request["world"])  # type: ignore[operator]


KINDS = {"check": OURS["check"], "probe": JobKind(__name__, runs_author_code=True)}
