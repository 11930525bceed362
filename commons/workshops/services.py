"""What owners do with their workshops. Every writing function runs inside a transaction of the caller."""

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from commons.accounts.models import Account
from commons.errors import Forbidden, Invalid, NotFound
from commons.workshops.models import Machine, Workshop
from firmware_bridge.machine import PublishedProfile

NAME_MAX = 80
OUTDATED = "its profile is of another version; restart its bridge"


def create(session: Session, owner: Account, *, name: str, location: str = "", description: str = "") -> Workshop:
    """A new workshop, without machines until a bridge is paired. Raises `Invalid`."""
    if not name.strip():
        raise Invalid("A workshop needs a name.", {"name": "say what it is called"})
    workshop = Workshop(
        owner_id=owner.id, name=name.strip()[:NAME_MAX], location=location.strip(), description=description.strip()
    )
    session.add(workshop)
    session.flush()
    return workshop


def get(session: Session, workshop_id: str) -> Workshop:
    """Raises `NotFound`."""
    workshop = session.get(Workshop, workshop_id)
    if workshop is None:
        raise NotFound("There is no such workshop.")
    return workshop


def of(session: Session, owner: Account) -> list[Workshop]:
    """The account's own workshops, oldest first."""
    query = sa.select(Workshop).where(Workshop.owner_id == owner.id).order_by(Workshop.created)
    return list(session.scalars(query))


def everyone(session: Session, limit: int = 200) -> list[Workshop]:
    """All workshops here, by name, their machines and these' bridges loaded."""
    whole = selectinload(Workshop.machines).joinedload(Machine.bridge)
    query = sa.select(Workshop).options(whole).order_by(Workshop.name, Workshop.id)
    return list(session.scalars(query.limit(limit)))


def machines_at(session: Session, workshop: Workshop) -> list[Machine]:
    """The workshop's machines whose bridge is still paired, by name; those it has no more come last."""
    query = sa.select(Machine).where(Machine.workshop_id == workshop.id).options(joinedload(Machine.bridge))
    paired = [machine for machine in session.scalars(query.order_by(Machine.name)) if machine.bridge.revoked is None]
    return sorted(paired, key=lambda machine: machine.removed is not None)


def profile_of(machine: Machine) -> PublishedProfile | None:
    """What its bridge published; None where another version wrote it, so that it cannot be read (`OUTDATED`)."""
    try:
        return machine.published()
    except msgspec.ValidationError:
        return None


def set_claiming(session: Session, owner: Account, machine_id: str, claims_by_itself: bool) -> Machine:
    """Whether a machine claims open jobs it can make, one at a time, without being asked."""
    machine = session.get(Machine, machine_id)
    if machine is None or machine.workshop.owner_id != owner.id:
        raise Forbidden("This is not a machine of yours.")
    machine.claims_by_itself = claims_by_itself
    return machine
