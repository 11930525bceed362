"""An extra job kind for a forge under test: whatever source it is given, run as an author's script would be."""

from pathlib import Path

from fabrication.geometry.jobs import JobKind


def run(request: dict[str, object], folder: Path) -> dict[str, object]:
    namespace: dict[str, object] = {"folder": folder}
    exec(compile(str(request["source"]), "probe.py", "exec"), namespace)
    return namespace["probe"](request["world"])  # type: ignore[operator]


KINDS = {"probe": JobKind("fabrication_extra_kinds", runs_author_code=True)}
