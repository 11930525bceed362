"""`commons check`: whether a design builds, what is to be known of its parts, and which values are known to fail."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import repeat
from typing import Any

import click
import msgspec

from commons.catalog.sampling.services import record, tried_of, volumes
from commons.commands.progress import ProgressLine
from commons.commands.sourcing import a_forge, catalogue, find_design
from commons.config import Config
from commons.db import Database
from fabrication.artefacts import ArtefactStore
from fabrication.errors import JobKilled, KernelCrashed, ScriptFailed
from fabrication.geometry.client import ForgeClient
from fabrication.geometry.feasible.marks import Region, learn
from fabrication.geometry.feasible.plan import Bounds, Plan, Values
from fabrication.geometry.feasible.samples import GENERIC_MM, Outcome, Sample, Size, commonest, fault_of, point_key
from fabrication.geometry.feasible.tries import try_out
from fabrication.geometry.findings import findings, masses
from fabrication.geometry.inspection import Inspection
from fabrication.geometry.parameters import read_parameters
from fabrication.geometry.service import Build, Geometry, Part
from fabrication.recipes import Source

SAMPLES = 40


@click.command()
@click.argument("source")
@click.option(
    "--samples", type=click.IntRange(min=1, max=10_000), default=SAMPLES, show_default=True,
    help="So many sets of values are tried in all; those that a commons at COMMONS_HOME remembers count.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(source: str, *, samples: int, as_json: bool) -> None:
    """Check a design: build it with its author's values, inspect its parts, and try where else it builds.

    SOURCE is the slug of a shipped design or of one in the catalogue, a design's folder, a script or a model file.
    What is tried is remembered where there is a commons at COMMONS_HOME, so that checking again goes on from there.
    The exit code is 0 where the design builds with its author's values and is valid, else 1.
    """
    config = Config.from_environment()
    design = find_design(source).source
    with catalogue(config) as database:
        store = ArtefactStore(config.artefacts)
        check = _Check(design, database)
        with a_forge(config) as forge, ProgressLine() as line:
            line.say("building with the author's values")
            own = check.own(forge)
            looked = _look(Geometry(forge, store), design, line) if own.sizes_mm else None
            # What ran into a limit as its author has it would do so again and again, for two minutes each time.
            for sample in check.more(forge, samples) if own.outcome is not Outcome.KILLED else ():
                line.say(f"tried {len(check.tried)} of {samples} sets of values, the last in {sample.seconds:.1f} s")
    region = learn(check.plan, check.tried)
    ok = own.outcome is Outcome.BUILT
    if as_json:
        click.echo(json.dumps(_as_json(ok, own, looked, region, check)))
    else:
        click.echo("\n".join(_as_text(source, own, looked, region, check)))
    click.get_current_context().exit(0 if ok else 1)


class _Check:
    """The tries of one source: those that are remembered, and those of now."""

    def __init__(self, source: Source, database: Database | None) -> None:
        self.source, self.database = source, database
        self.tried: dict[str, Sample] = {}
        known: tuple[Size, ...] = (GENERIC_MM,)
        if database is not None:
            with database.read() as session:
                known, self.tried = volumes(session), tried_of(session, source.sha256)
        self.plan = Plan(read_parameters(source.script), known)

    def own(self, forge: ForgeClient) -> Sample:
        """What becomes of the author's own values."""
        return self.tried.get(point_key(self.plan.own)) or self._try(forge, self.plan.own)

    def more(self, forge: ForgeClient, samples: int) -> Iterator[Sample]:
        """Tries until there are `samples`."""
        while (values := self.plan.next(self.tried, Bounds(samples))) is not None:
            yield self._try(forge, values)

    def errors(self) -> list["_Errors"]:
        """What went wrong, alike ones together, the most frequent first."""
        alike: defaultdict[tuple[Outcome, int | None], list[str]] = defaultdict(list)
        for sample in self.tried.values():
            if sample.outcome is not Outcome.BUILT:
                alike[sample.outcome, sample.line].append(sample.words)
        found = [_Errors(len(words), outcome.value, line, commonest(words)) for (outcome, line), words in alike.items()]
        return sorted(found, key=lambda errors: -errors.count)

    def _try(self, forge: ForgeClient, values: Values) -> Sample:
        sample = try_out(forge, self.source, values, background=False)
        self.tried[point_key(values)] = sample
        if self.database is not None:
            with self.database.write() as session:
                record(session, self.source.sha256, sample)
        return sample


@dataclass(frozen=True)
class _Errors:
    """`count` tries that ended alike; `line` is in the author's script."""

    count: int
    outcome: str
    line: int | None
    words: str


@dataclass(frozen=True)
class _Looked:
    """The author's own values, built and inspected, or the reason why they could not be: then no `inspections`."""

    build: Build
    inspections: tuple[Inspection, ...]
    why_not: str = ""

    def parts(self) -> Iterator[tuple[Part, Inspection | None]]:
        return zip(self.build.parts, self.inspections or repeat(None), strict=False)


def _look(geometry: Geometry, design: Source, line: ProgressLine) -> _Looked:
    build = geometry.build(design, {}, on_progress=line.build)
    line.say("inspecting")
    try:
        return _Looked(build, geometry.inspect(build))
    except (
        ScriptFailed,
        JobKilled,
        KernelCrashed,
    ) as error:  # of this body; where it builds can be learnt all the same
        return _Looked(build, (), str(error))


def _as_text(source: str, own: Sample, looked: _Looked | None, region: Region, check: _Check) -> Iterator[str]:
    if own.outcome is Outcome.BUILT:
        yield f"{source} builds with its author's values:"
    elif own.outcome is Outcome.INVALID:
        yield f"{source} builds with its author's values, but is not valid:"
    else:
        yield f"{source} does not build with its author's values: {_said(own.line, own.words)}"
    if looked is not None:
        yield from _parts(looked)
    if own.outcome is Outcome.BUILT and (fault := fault_of(own, check.plan.volumes)):
        yield f"  {fault.words}"
    share = "" if region.share is None else f"; of any values within the limits, about {region.share * 100:.0f} % build"
    if own.outcome is Outcome.KILLED:
        yield "Others were not tried, for that is likely to come of them too."
    yield f"{region.tried} {_sets(region.tried)} tried, {region.good} of them are valid and fit{share}"
    for errors in check.errors():
        yield f"  {errors.count} × {_said(errors.line, errors.words)}"
    for parameter in check.plan.parameters:
        marks = [mark for mark in region.marks if mark.parameter == parameter.name]
        if marks:
            yield f"{parameter.name}:"
            yield from (f"  {mark.sentence}" for mark in marks)


def _parts(looked: _Looked) -> Iterator[str]:
    for part, found in looked.parts():
        size = " × ".join(f"{length:.1f}" for length in part.size_mm)
        sound = "valid" if part.valid else "no valid solid"
        yield f"  {part.name}: {size} mm, {part.volume_mm3 / 1000:.2f} cm³, {sound}"
        weighs = ", ".join(f"{mass:.3g} g of {material}" for material, mass in masses(part.volume_mm3).items())
        yield f"    solid throughout it is {weighs}"
        if found is not None:
            yield from (f"    {finding.severity}: {finding.says} {finding.do}" for finding in findings(found))
    if looked.why_not:
        yield f"  not inspected: {looked.why_not}"


def _sets(count: int) -> str:
    return "set of values" if count == 1 else "sets of values"


def _said(line: int | None, words: str) -> str:
    return f"line {line}: {words}" if line else words


def _as_json(ok: bool, own: Sample, looked: _Looked | None, region: Region, check: _Check) -> dict[str, Any]:
    parts = []
    if looked is not None:
        parts = [
            asdict(part)
            | {"mass_g": masses(part.volume_mm3)}
            | {"findings": None if found is None else [asdict(finding) for finding in findings(found)]}
            for part, found in looked.parts()
        ]
    return {
        "ok": ok,
        "own": msgspec.to_builtins(own),
        "parts": parts,
        "not_inspected": looked.why_not if looked else "",
        **msgspec.to_builtins(region),
        "errors": [asdict(errors) for errors in check.errors()],
    }
