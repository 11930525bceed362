"""The half-made parts that `stream` has left, as they are told to whoever sends something now."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.errors import NotResumable
from firmware_bridge.journal import Run, journals
from firmware_bridge.journal.ports import are_one
from firmware_bridge.program import line_of


@dataclass(frozen=True)
class Origin:
    """The file that was given. `name` is its whole path without links, by which a person can give it again; empty for
    what came through a pipe."""

    name: str
    sha256: str


@dataclass(frozen=True)
class HalfMade:
    """By the journals in `folder`, for who gives `origin` to be sent to `port`; of that the gates make the programs
    whose SHA-256 is asked with."""

    folder: Path
    port: str
    origin: Origin

    def require_none(self, programs: Collection[str]) -> None:
        """Nothing that whoever says --resume may mean. Raises `NotResumable`."""
        self.require_none_elsewhere(programs)
        self.require_as_it_was()
        self.require_no_other(programs)

    def require_none_elsewhere(self, programs: Collection[str]) -> None:
        """One port may have two names, and under another this would home onto the part. Raises `NotResumable`."""
        for sha256 in programs:
            if run := journals.unfinished(self.folder, sha256):
                after = f"this program was cut off on {_port(run)} after line {run.acknowledged}"
                ways = "name that port, or leave" if run.may_go_on else "nothing can go on there; leave"
                raise NotResumable(f"{after}: {ways} --resume out to begin anew")

    def require_as_it_was(self) -> None:
        """A file that is checked otherwise is another program. Raises `NotResumable`."""
        if hint := self.as_it_was():
            raise NotResumable(f"{hint}, or leave --resume out to begin anew")

    def as_it_was(self) -> str:
        """Of the file's own part on this very device, and how to give it as it was; empty where there is none."""
        runs = journals.all_half_made(self.folder)
        run = next((run for run in runs if self._is_of_it(run) and are_one(run.port, self.port)), None)
        if run is None:
            return ""
        there = "" if run.port == self.port else "name that port and "
        return f"{self._left(run)}: {there}{self._unlike(run)[1]}"

    def require_no_other(self, programs: Collection[str]) -> None:
        """Whoever would go on means the part that is there, which is of another one. Raises `NotResumable`."""
        if left := self.other(programs):
            way = "go on with that one, or leave --resume out to give it up and begin this one"
            raise NotResumable(f"{left}, and its part may be on the bed: {way}")

    def other(self, programs: Collection[str]) -> str:
        """What was left on this very device of none of these; empty where nothing was."""
        run = journals.half_made(self.folder, self.port, but=programs)
        return self._left(run) if run else ""

    def elsewhere(self) -> str:
        """All there are, for whoever has typed the wrong port; empty where there are none."""
        parts = []
        for run in journals.all_half_made(self.folder):
            unlike = f", {self._unlike(run)[0]}" if self._is_of_it(run) else ""
            parts.append(f"{run.name or 'a program'} on {_port(run)} ({line_of(run)}{unlike})")
        return f"half made elsewhere: {', '.join(parts)}" if parts else ""

    def _left(self, run: Run) -> str:
        where = "here" if run.port == self.port else f"on {_port(run)}"
        if self._is_of_it(run):
            return f"{run.name or 'this file'} was cut off {where} after {line_of(run)}, {self._unlike(run)[0]}"
        return f"another program{f' ({run.name})' if run.name else ''} was cut off {where} after {line_of(run)}"

    def _is_of_it(self, run: Run) -> bool:
        return run.given_sha256 == self.origin.sha256 or (run.name != "" and run.name == self.origin.name)

    def _unlike(self, run: Run) -> tuple[str, str]:
        """By what another program was made of the file, and how to give it as it was."""
        if not run.given_sha256:  # a journal from before that was written down
            which = "but under another profile or material, or before it was changed"
            return which, "give the file as it was, with the --machine and --material it was begun with"
        if run.given_sha256 == self.origin.sha256:
            return "but under another profile or material", "say the --machine and --material it was begun with"
        return "and the file was changed since", "give it as it was"


def _port(run: Run) -> str:
    return run.port.replace("#", " with the fingerprint ")
