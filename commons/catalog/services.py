"""The verbs of the catalogue: find designs, read their source, import folders."""

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from commons.accounts.models import Account
from commons.accounts.services import commons_account
from commons.catalog.models import Design, Parent, Revision
from commons.catalog.submissions import Submission, read_submission, slug_of
from commons.catalog.submissions.manifest import licensors
from commons.errors import Conflict, Forbidden, NotFound
from fabrication.artefacts import ArtefactStore
from fabrication.geometry.parameters import read_parameters
from fabrication.geometry.provenance import Provenance
from fabrication.recipes import Source, Value

SEARCH_WORDS_MAX = 8
_TRIES = 10
SHIPPED = Path(__file__).parents[2] / "designs"


@dataclasses.dataclass(frozen=True)
class Added:
    """What became of a submission; `new` is False where this very revision was here already.

    `shown` is the number of the revision that the design's page shows: a newer one, where an older state came again.
    """

    revision: Revision
    new: bool
    shown: int


def revision_sha256(submission: Submission) -> str:
    """Names one state of a source: the hash of its script, files, manifest and readme, as canonical JSON."""
    content: dict[str, object] = {
        "script": submission.script,
        "manifest": submission.manifest,
        "readme": submission.readme,
    }
    if submission.files:
        content["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in submission.files.items()}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def add(session: Session, store: ArtefactStore, submission: Submission, owner: Account) -> Added:
    """The submission as the newest revision of its design, which is made if need be. The same again changes nothing.

    Raises `SourceError` where the script's parameters cannot be read or a file may not lie beside it, `Forbidden`
    where the design is somebody else's, `Conflict` where the same content already is another design.
    """
    design = session.scalar(sa.select(Design).where(Design.slug == submission.slug))
    if design is not None and design.owner_id != owner.id:
        raise Forbidden(f"“{submission.slug}” belongs to {design.owner.name}; choose another name.")
    return _add(session, store, submission, owner, design)


def keep(store: ArtefactStore, source: Source) -> None:
    """Put a source's bytes on disk, which takes a while: adding it in a transaction then finds them there."""
    store.put(source.script.encode())
    for data in source.files.values():
        store.put(data)


def add_as_new(session: Session, store: ArtefactStore, submission: Submission, owner: Account) -> Added:
    """The submission as a design of its own, under a slug that is free.

    Raises `SourceError` as `add` does, and `Conflict` where the same content already is a design.
    """
    for _ in range(_TRIES):
        slug = free_slug(session, submission.slug)
        with suppress(IntegrityError), session.begin_nested():  # somebody else took it at the same moment
            return _add(session, store, dataclasses.replace(submission, slug=slug), owner, None)
    raise Conflict(f"Many bring a design called “{submission.slug}” at this moment; send it again.")


def refuse_known(session: Session, submission: Submission) -> None:
    """Raises `Conflict` where the same content already is a design."""
    existing = session.get(Revision, revision_sha256(submission))
    if existing is not None:
        raise _known(existing)


def _known(existing: Revision) -> Conflict:
    return Conflict(f"exactly this is already in the catalogue, as “{existing.design.title}”")


def _add(
    session: Session, store: ArtefactStore, submission: Submission, owner: Account, design: Design | None
) -> Added:
    """Into `design`, or a new one for None. Raises `SourceError`, `Conflict`; `IntegrityError` for a slug in use."""
    source = submission.source
    read_parameters(source.script)
    sha256 = revision_sha256(submission)
    existing = session.get(Revision, sha256)
    if existing is not None:
        if design is None or existing.design_id != design.id:
            raise _known(existing)
        return Added(existing, new=False, shown=max(each.number for each in design.revisions))
    if design is None:
        design = Design(slug=submission.slug, owner=owner, title="", summary="", licence="")
        design.parents = [session.get_one(Revision, parent) for parent in submission.parents]
        session.add(design)
    design.title = submission.manifest["name"]
    design.summary = submission.manifest["function"]
    design.licence = submission.manifest["license"]
    revision = Revision(
        id=sha256,
        number=len(design.revisions) + 1,
        source_sha256=source.sha256,
        script_sha256=store.put(source.script.encode()),
        files={name: store.put(data) for name, data in source.files.items()},
        manifest=submission.manifest,
        readme=submission.readme,
    )
    design.revisions.append(revision)
    session.flush()
    return Added(revision, new=True, shown=revision.number)


def add_shipped_designs(session: Session, store: ArtefactStore) -> list[Added]:
    """The designs that come with the commons, as its own. Adding them again changes nothing."""
    owner = commons_account(session)
    folders = sorted(script.parent for script in SHIPPED.glob("*/design.py"))
    return [add(session, store, read_submission(folder), owner) for folder in folders]


def search(session: Session, text: str) -> Sequence[Design]:
    """Designs that have every word of `text` in title, summary, slug or readme, by title; all of them for no text.

    A scan with LIKE: right for thousands of designs. The full-text index that replaces it goes here.
    """
    query = sa.select(Design).options(joinedload(Design.owner)).order_by(Design.title)
    for word in text.split()[:SEARCH_WORDS_MAX]:
        readme = sa.select(Revision.design_id).where(Revision.readme.icontains(word, autoescape=True))
        query = query.where(
            Design.title.icontains(word, autoescape=True)
            | Design.summary.icontains(word, autoescape=True)
            | Design.slug.icontains(word, autoescape=True)
            | Design.id.in_(readme)
        )
    return session.scalars(query).all()


def designs_of(session: Session, owner_id: str) -> Sequence[Design]:
    """One person's, by title."""
    return session.scalars(sa.select(Design).where(Design.owner_id == owner_id).order_by(Design.title)).all()


def newest_revision(session: Session, slug: str) -> Revision:
    """What the design's page shows, its design and owner loaded. Raises `NotFound`."""
    return _revision(session, sa.select(Revision).join(Design).where(Design.slug == slug), f"no design “{slug}”")


def revision(session: Session, sha256: str) -> Revision:
    """One revision by its name, its design and owner loaded. Raises `NotFound`."""
    return _revision(session, sa.select(Revision).where(Revision.id == sha256), "no such revision")


def made_from(session: Session, design: Design) -> Sequence[Design]:
    """The designs whose source was changed from a revision of this one, by title."""
    query = sa.select(Design).join(Parent, Parent.design_id == Design.id)
    query = query.join(Revision, Revision.id == Parent.revision_id).where(Revision.design_id == design.id)
    return session.scalars(query.options(joinedload(Design.owner)).order_by(Design.title).distinct()).all()


def free_slug(session: Session, title: str) -> str:
    """A slug made of `title` that no design has yet."""
    base = slug_of(title)
    taken = set(session.scalars(sa.select(Design.slug).where(Design.slug.startswith(base))))
    numbered = (f"{base}-{number}" for number in itertools.count(2))
    return next(slug for slug in itertools.chain([base], numbered) if slug not in taken)


def source_of(store: ArtefactStore, revision: Revision) -> Source:
    """The script and the files beside it."""
    files = {name: store.get(sha256) for name, sha256 in revision.files.items()}
    return Source(store.get(revision.script_sha256).decode(), files)


def provenance_of(revision: Revision, values: Mapping[str, Value], designers: tuple[str, ...]) -> Provenance:
    """What files made of the revision say of it, with `designers` from the newest work to the oldest."""
    design = revision.design
    return Provenance(
        title=design.title,
        designers=designers,
        licence=str(revision.manifest.get("license", design.licence)),
        copyright=", ".join(licensors(revision.manifest)),
        description=design.summary,
        created=revision.created.date().isoformat(),
        revision=revision.id,
        source_sha256=revision.source_sha256,
        values=values,
    )


def _revision(session: Session, query: sa.Select[Revision], missing: str) -> Revision:
    whole = joinedload(Revision.design).joinedload(Design.owner)
    found = session.scalar(query.options(whole).order_by(Revision.number.desc()).limit(1))
    if found is None:
        raise NotFound(f"There is {missing} here.")
    return found
