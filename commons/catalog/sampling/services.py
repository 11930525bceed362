"""The verbs of sampling: what was tried of a source, what is to be learnt of it, which design comes next."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from commons.catalog.models import Revision
from commons.catalog.sampling.models import SampleRow
from commons.catalog.values import as_text
from commons.workshops.models import Machine
from commons.workshops.services import profile_of
from fabrication.geometry.feasible.marks import Region, learn
from fabrication.geometry.feasible.plan import Plan, Values
from fabrication.geometry.feasible.samples import GENERIC_MM, Sample, Size, point_key
from fabrication.geometry.parameters import Parameter
from fabrication.recipes import engine, json_values

Tried = dict[str, Sample]
"""By `point_key`."""


def tried_of(session: Session, source_sha256: str) -> Tried:
    """What was tried of a source under the kernel and the forge of now: what others made of it says nothing."""
    mine = (SampleRow.source_sha256 == source_sha256, SampleRow.engine == engine())
    return {row.point_key: _sample(row) for row in session.scalars(sa.select(SampleRow).where(*mine))}


def record(session: Session, source_sha256: str, sample: Sample) -> None:
    """Remembers a try. Where another has tried the same meanwhile, theirs stays."""
    row = SampleRow(
        source_sha256=source_sha256,
        engine=engine(),
        point_key=point_key(sample.values),
        values=json_values(sample.values),
        outcome=sample.outcome,
        words=sample.words.replace("\0", ""),
        line=sample.line,
        sizes_mm=[list(size) for size in sample.sizes_mm],
        seconds=sample.seconds,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return


def volumes(session: Session) -> tuple[Size, ...]:
    """What the printers here have room for; a common printer's volume where none is known."""
    profiles = (profile_of(machine) for machine in session.scalars(sa.select(Machine).order_by(Machine.id)))
    printers = (each for each in profiles if each is not None and each.process == "fff")
    return tuple(dict.fromkeys(each.volume.room_mm for each in printers)) or (GENERIC_MM,)


def region_of(session: Session, source_sha256: str, parameters: tuple[Parameter, ...]) -> Region:
    """What is known of where a source builds, is valid and fits a machine here."""
    return learn(Plan(parameters, volumes(session)), tried_of(session, source_sha256))


_LEARNT_MAX = 500
_LEARNT: dict[tuple[str, int, tuple[Size, ...]], "Known"] = {}


@dataclass(frozen=True)
class Known:
    """A region as the form of a design's page shows it; `marks` are JSON for `static/js/feasible.js`."""

    tried: int
    share: float | None
    marks: list[dict[str, Any]]


def known_of(session: Session, source_sha256: str, parameters: tuple[Parameter, ...]) -> Known:
    """The region of a source for its form, the values in its marks spelt as its fields spell them.

    Tries are only ever added, so what was learnt of as many before is learnt of these.
    """
    mine = (SampleRow.source_sha256 == source_sha256, SampleRow.engine == engine())
    count = session.scalar(sa.select(sa.func.count()).select_from(SampleRow).where(*mine)) or 0
    key = (source_sha256, count, volumes(session))
    if (known := _LEARNT.get(key)) is None:
        region = region_of(session, source_sha256, parameters)
        marks = [
            msgspec.structs.asdict(mark) | {"values": [as_text(value) for value in mark.values]}
            for mark in region.marks
        ]
        known = Known(region.tried, region.share, marks)
        if len(_LEARNT) >= _LEARNT_MAX:
            _LEARNT.clear()
        _LEARNT[key] = known
    return known


def least_tried(session: Session, samples: int) -> Iterator[Revision]:
    """What designs' pages show and was tried fewer than `samples` times: the least tried first, of these the newest."""
    newest = (
        sa.select(Revision.design_id, sa.func.max(Revision.number).label("number"))
        .group_by(Revision.design_id)
        .subquery()
    )
    tries = (
        sa.select(SampleRow.source_sha256, sa.func.count().label("count"))
        .where(SampleRow.engine == engine())
        .group_by(SampleRow.source_sha256)
        .subquery()
    )
    count = sa.func.coalesce(tries.c.count, 0)
    query = (
        sa.select(Revision)
        .join(newest, sa.and_(Revision.design_id == newest.c.design_id, Revision.number == newest.c.number))
        .outerjoin(tries, Revision.source_sha256 == tries.c.source_sha256)
        .where(count < samples)
        .order_by(count, Revision.created.desc(), Revision.id)
    )
    yield from session.scalars(query)


def _sample(row: SampleRow) -> Sample:
    values: Values = {name: tuple(value) if isinstance(value, list) else value for name, value in row.values.items()}
    return Sample(
        values=values,
        outcome=row.outcome,
        words=row.words,
        line=row.line,
        sizes_mm=tuple((x, y, z) for x, y, z in row.sizes_mm),
        seconds=row.seconds,
    )
