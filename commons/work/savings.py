"""New designs whose build takes longer than a person waits for an answer: kept aside, and added once they are built."""

from sqlalchemy.orm import Session

from commons.accounts.models import Account
from commons.catalog.models import Design, Revision
from commons.catalog.services import add_as_new, revision_sha256
from commons.catalog.submissions import Submission
from commons.catalog.submissions.kept import kept
from commons.catalog.submissions.model import model_alone
from commons.db import Database
from commons.errors import Conflict, NotFound
from commons.work import status as works
from commons.work.models import Work, WorkState
from commons.work.queue import Turn, settle
from commons.work.status import SAVE, Status
from fabrication.artefacts import ArtefactStore
from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.service import Geometry
from fabrication.recipes import Source, key_of


def try_out(geometry: Geometry, source: Source, limits: Limits | None = None) -> tuple[str, ...]:
    """Builds the source with its own values. A model without a script of its author's is read by itself before that:
    its reader knows better than a script what is wrong with it.

    Returns what is odd about the model. Raises `SourceError`, `UploadRefused`, every `ForgeError`, and `TookTooLong`
    where it may do without these `limits`.
    """
    name = model_alone(source)
    notes = geometry.read_upload(name, source.files[name], limits=limits).notes if name else ()
    geometry.build(source, {}, limits=limits)
    return notes


def want(session: Session, subject: str, owner: Account) -> str:
    """Have the submission kept as `subject` built, and added as a design of `owner`'s. Returns `status`'s key."""
    key = key_of({"kind": SAVE, "submission": subject, "owner": owner.id})
    works.want(session, key, SAVE, subject, {"owner": owner.id})
    return key


def status(session: Session, key: str, owner: Account) -> Status:
    """Its subject names the submission; `about` has the `notes` on it once it is made.

    Raises `NotFound` for what this person did not bring.
    """
    found = works.find(session, key, SAVE)
    if found is None or found.about["owner"] != owner.id:
        raise NotFound("You have not brought that here.")
    return found


def made_of(session: Session, submission: Submission, owner_id: str) -> Design | None:
    """The design of this person's that the submission has become; else None."""
    revision = session.get(Revision, revision_sha256(submission))
    return revision.design if revision is not None and revision.design.owner_id == owner_id else None


class Saver:
    """Adds to the catalogue what was kept aside, if it can be built."""

    def __init__(self, database: Database, geometry: Geometry, store: ArtefactStore) -> None:
        self.database, self.geometry, self.store = database, geometry, store

    def save(self, turn: Turn) -> None:
        """The design and the end of the turn are one transaction: a taker that died has left neither, and one whose
        turn was taken over adds nothing.

        Raises `FabricationError`, and `Conflict` where somebody else has brought the same meanwhile.
        """
        submission = kept(self.store, turn.subject).submission
        notes = try_out(self.geometry, submission.source)
        with self.database.write() as session:
            if not settle(session, turn, WorkState.MADE):
                return
            session.get_one(Work, turn.key).about = {**turn.about, "notes": notes}
            owner = session.get_one(Account, turn.about["owner"])
            try:
                add_as_new(session, self.store, submission, owner)
            except Conflict:
                if made_of(session, submission, owner.id) is None:
                    raise  # else they sent it twice, and have it
