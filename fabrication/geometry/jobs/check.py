"""Nothing at all, under confinement: what the forge asks for to learn whether its walls hold."""

from pathlib import Path


def run(request: dict[str, object], folder: Path) -> dict[str, object]:
    """An empty claim."""
    del request, folder
    return {}
