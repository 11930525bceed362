"""One try: a source built with values by the forge, measured, and forgotten but for what became of it."""

import time
from typing import Annotated

import msgspec

from fabrication.errors import JobKilled, KernelCrashed, ScriptFailed, SourceError, ValueRefused
from fabrication.geometry.client import ForgeClient, Progress
from fabrication.geometry.feasible.plan import Values
from fabrication.geometry.feasible.samples import Outcome, Sample, Size
from fabrication.geometry.jobs.files import MAX_PARTS, SCRIPT, part_file
from fabrication.recipes import Source, json_values

WORDS_MAX = 400


class _Clock:
    """How long a job ran, without what it waited for its turn: behind people that may be long."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def progress(self, progress: Progress) -> None:
        if progress.state == "waiting":
            self._begun = time.monotonic()

    def seconds(self) -> float:
        return round(time.monotonic() - self._begun, 3)


class _Measures(msgspec.Struct):
    size_mm: Size
    valid: bool


class _Measured(msgspec.Struct):
    parts: Annotated[list[_Measures], msgspec.Meta(min_length=1, max_length=MAX_PARTS)]


def try_out(forge: ForgeClient, source: Source, values: Values, *, background: bool) -> Sample:
    """What becomes of `source` with `values`, which must be canonical. Nothing that is built is kept.

    It has the time of a build, not that of a preview: what is only slow does not fail. Raises what says nothing
    about the values: `Superseded`, `ConfinementUnavailable`, `ForgeUnavailable`.
    """
    clock = _Clock()
    outcome, words, line = Outcome.BUILT, "", None
    sizes: tuple[Size, ...] = ()
    try:
        measured = _measured(forge, source, values, clock, background=background)
        sizes = tuple(part.size_mm for part in measured)
        if not all(part.valid for part in measured):
            outcome, words = Outcome.INVALID, "it builds, but the kernel finds it no valid solid"
    except ScriptFailed as failed:
        outcome, words, line = Outcome.REFUSED, failed.message, failed.line
    except (SourceError, ValueRefused) as refused:
        outcome, words = Outcome.REFUSED, str(refused)
    except KernelCrashed as crashed:
        outcome, words = Outcome.CRASHED, str(crashed)
    except JobKilled as killed:
        outcome, words = Outcome.KILLED, str(killed)
    return Sample(
        values=values,
        outcome=outcome,
        words=words if len(words) <= WORDS_MAX else f"{words[:WORDS_MAX]}…",
        line=line,
        sizes_mm=sizes,
        seconds=clock.seconds(),
    )


def _measured(
    forge: ForgeClient, source: Source, values: Values, clock: _Clock, *, background: bool
) -> list[_Measures]:
    inputs = {SCRIPT: source.script.encode(), **source.files}
    built = forge.run(
        "build", {"values": json_values(values)}, inputs, background=background, on_progress=clock.progress
    )
    breps = {name: built.outputs[name] for name in map(part_file, range(MAX_PARTS)) if name in built.outputs}
    if not breps:
        raise ScriptFailed("the build left no usable result")
    claim = forge.run("measure", {"parts": len(breps)}, breps, background=background).claim
    try:
        measured = msgspec.convert(claim, _Measured).parts
    except msgspec.ValidationError as error:
        raise KernelCrashed(f"the parts could not be measured: {error}") from None
    if len(measured) != len(breps):
        raise KernelCrashed("the parts could not be measured")
    return measured
