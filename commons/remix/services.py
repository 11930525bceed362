"""The verbs of named variants."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from commons.accounts.models import Account
from commons.catalog.models import Design, Revision
from commons.errors import NotFound
from commons.remix.models import Variant
from fabrication.recipes import Value

_WHOLE = (
    joinedload(Variant.owner),
    joinedload(Variant.revision).joinedload(Revision.design).joinedload(Design.owner),
)


def save_variant(
    session: Session, *, revision: Revision, values: Mapping[str, Value], title: str, owner: Account
) -> Variant:
    """A named variant; `values` are canonical for `revision` (see `canonical_values`)."""
    variant = Variant(revision_id=revision.id, values=dict(values), title=title.strip(), owner_id=owner.id)
    session.add(variant)
    session.flush()
    return variant


def variant(session: Session, variant_id: str) -> Variant:
    """One named variant, its revision, design and owner loaded. Raises `NotFound`."""
    found = session.scalar(sa.select(Variant).where(Variant.id == variant_id).options(*_WHOLE))
    if found is None:
        raise NotFound("There is no such remix here.")
    return found


def variants_of(
    session: Session, *, design_id: str | None = None, owner_id: str | None = None, limit: int = 100
) -> Sequence[Variant]:
    """Those of a design, of a person, or both; newest first."""
    query = sa.select(Variant).options(*_WHOLE).order_by(Variant.created.desc(), Variant.id).limit(limit)
    if design_id:
        query = query.join(Variant.revision).where(Revision.design_id == design_id)
    if owner_id:
        query = query.where(Variant.owner_id == owner_id)
    return session.scalars(query).all()
