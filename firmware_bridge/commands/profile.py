"""`--machine`: a profile by its file, or a machine of the bridge's home by its name."""

from pathlib import Path

from firmware_bridge.agent.home import Home
from firmware_bridge.errors import UsageError


def profile_file(given: Path, home: Path | None = None) -> Path:
    """A file that is there comes first. Raises `UsageError` where there is neither, or nobody may look."""
    machines = Home.at(home).machines
    named = machines / f"{given.name}.toml"
    try:
        if given.is_file():
            return given
        if given.name == str(given) and named.is_file():
            return named
        if given.is_fifo():  # <(…)
            return given
    except OSError as error:
        raise UsageError(f"cannot look for the profile {error.filename}: {error.strerror}") from None
    known = ", ".join(sorted(path.stem for path in machines.glob("*.toml"))) or "none"
    raise UsageError(f"there is no file {given} and no machine of that name; those of {machines}: {known}")
