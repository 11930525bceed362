"""One try: a source built with values by the forge, measured, and forgotten but for what became of it."""

import time
from collections.abc import Callable

from fabrication.artefacts import JSON
from fabrication.errors import JobKilled, KernelCrashed, ScriptFailed, SourceError, Superseded, ValueRefused
from fabrication.geometry import claims
from fabrication.geometry.client import ForgeClient, JobResult, Progress
from fabrication.geometry.feasible.plan import Values
from fabrication.geometry.feasible.samples import Outcome, Sample, Size
from fabrication.geometry.jobs.files import part_file
from fabrication.recipes import SCRIPT, Source, json_values

WORDS_MAX = 400
_CRASHED = "the geometry kernel crashed"


class _Watch:
    """How long a job ran, without what it waited for its turn: behind people that may be long. Ends it for them."""

    def __init__(self, give_way: Callable[[], bool]) -> None:
        self._begun, self._give_way = time.monotonic(), give_way

    def progress(self, progress: Progress) -> None:
        if self._give_way():
            raise Superseded("somebody else needs the forge")
        if progress.state == "waiting":
            self._begun = time.monotonic()

    def seconds(self) -> float:
        return round(time.monotonic() - self._begun, 3)


def try_out(
    forge: ForgeClient,
    source: Source,
    values: Values,
    *,
    background: bool,
    give_way: Callable[[], bool] = lambda: False,
) -> Sample:
    """What becomes of `source` with `values`, which must be canonical. Nothing that is built is kept.

    It has the time of a build, not that of a preview: what is only slow does not fail. `give_way` is asked about once
    a second whether to stop. Raises what says nothing about the values: `Superseded` (so it was stopped),
    `ConfinementUnavailable`, `ForgeUnavailable`.
    """
    watch = _Watch(give_way)
    outcome, words, line = Outcome.BUILT, "", None
    sizes: tuple[Size, ...] = ()
    try:
        measured = _measured(forge, source, values, watch, background=background)
        sizes = tuple(part.size_mm for part in measured)
        if not all(part.valid for part in measured):
            outcome, words = Outcome.INVALID, "it builds, but the kernel finds it no valid solid"
    except ScriptFailed as failed:
        outcome, words, line = Outcome.REFUSED, failed.message, failed.line
    except (SourceError, ValueRefused) as refused:
        outcome, words = Outcome.REFUSED, str(refused)
    except KernelCrashed as crashed:
        said = str(crashed)  # with the values: they stand in the sample, and would hide that two crashes are alike
        outcome, words = Outcome.CRASHED, _CRASHED if said.startswith(_CRASHED) else said
    except JobKilled as killed:
        outcome, words = Outcome.KILLED, str(killed)
    return Sample(
        values=values,
        outcome=outcome,
        words=words if len(words) <= WORDS_MAX else f"{words[:WORDS_MAX]}…",
        line=line,
        sizes_mm=sizes,
        seconds=watch.seconds(),
    )


def _measured(
    forge: ForgeClient, source: Source, values: Values, watch: _Watch, *, background: bool
) -> list[claims.Measures]:
    inputs = {SCRIPT: source.script.encode(), **source.files}

    def run(kind: str, request: dict[str, JSON], inputs: dict[str, bytes]) -> JobResult:
        return forge.run(kind, request, inputs, background=background, on_progress=watch.progress)

    _, breps, _ = claims.parts_of(run("build", {"values": json_values(values)}, inputs))
    files = {part_file(index): brep for index, brep in enumerate(breps)}
    parts = claims.read(run("measure", {"parts": len(files)}, files).claim, claims.Measured).parts
    if len(parts) != len(files):
        raise KernelCrashed("the parts could not be measured")
    return parts
