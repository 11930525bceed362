"""The board, and what people do to single jobs."""

from collections.abc import Callable

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from commons import db
from commons.accounts.auth import current_account, login_required, safe_next, signed_in_account
from commons.accounts.models import Account
from commons.errors import Conflict, Invalid
from commons.orders import services
from commons.orders.board import Board, claimable
from commons.orders.board import board as board_page
from commons.orders.forms import ClaimForm, RejectForm, SettleForm
from commons.orders.models import Job
from commons.workshops.models import Machine
from commons.workshops.services import OUTDATED, profile_of


def add_job_routes(blueprint: flask.Blueprint) -> None:
    """Puts them on the orders' blueprint."""
    blueprint.add_url_rule("/board", view_func=board)
    blueprint.add_url_rule("/board/live", view_func=board_live)
    for name, view in {
        "claim": claim, "release": release, "accept": accept, "reject": reject, "reopen": reopen, "settle": settle,
        "write-off": write_off,
    }.items():  # fmt: skip
        blueprint.add_url_rule(f"/jobs/<job_id>/{name}", view_func=login_required(view), methods=["POST"])


def board() -> ResponseReturnValue:
    """Open jobs: who could make them, and why the others cannot."""
    return flask.render_template("orders/board.html", board=_board())


def board_live() -> ResponseReturnValue:
    """The part of the board that changes, for pages that poll."""
    return flask.render_template("orders/_board.html", board=_board())


def claim(job_id: str) -> ResponseReturnValue:
    machine_id = ClaimForm().machine.data or ""

    def take(session: Session, account: Account) -> Job:
        machine = session.get(Machine, machine_id)
        if machine is not None and profile_of(machine) is None:
            raise Invalid(f"{machine.name} can claim nothing: {OUTDATED}.")
        return services.claim(session, account, claimable(session, account, job_id, machine_id), machine_id)

    done = _change(take)
    if done is None:
        return flask.redirect(flask.url_for("orders.board"), 303)
    flask.flash(f"“{done.part}” of {done.order.title} is yours; it is being planned for your machine.")
    assert done.machine is not None  # noqa: S101 (just claimed)
    return flask.redirect(flask.url_for("workshops.page", workshop_id=done.machine.workshop_id), 303)


def release(job_id: str) -> ResponseReturnValue:
    if _change(lambda session, account: services.release(session, account, job_id)):
        flask.flash("Back on the board.")
    return _back()


def accept(job_id: str) -> ResponseReturnValue:
    if _change(lambda session, account: services.accept(session, account, job_id)):
        flask.flash("Accepted. Thank you.")
    return _back()


def reject(job_id: str) -> ResponseReturnValue:
    form = RejectForm()
    if not form.validate():
        flask.flash("Say what is wrong with it, so that the workshop can do better.")
    elif _change(lambda session, account: services.reject(session, account, job_id, form.note.data)):
        flask.flash("Rejected; the workshop sees your note.")
    return _back()


def reopen(job_id: str) -> ResponseReturnValue:
    if _change(lambda session, account: services.reopen(session, account, job_id)):
        flask.flash("Back on the board.")
    return _back()


def settle(job_id: str) -> ResponseReturnValue:
    form = SettleForm()
    if not form.validate():
        flask.flash("Say whether the part is good or not.")
        return _back()
    good, note = form.outcome.data == "good", form.note.data or ""
    if _change(lambda session, account: services.settle_lost(session, account, job_id, good=good, note=note)):
        flask.flash("Written down.")
    return _back()


def write_off(job_id: str) -> ResponseReturnValue:
    if _change(lambda session, account: services.write_off(session, account, job_id)):
        flask.flash("Written off. You can put it back on the board now.")
    return _back()


def _board() -> Board:
    page = flask.request.args.get("page", 1, type=int)
    return board_page(db.session(), current_account(), db.utcnow(), page)


def _change(verb: Callable[[Session, Account], Job]) -> Job | None:
    """Does it in a writing transaction; where somebody was first or it makes no sense, says so and changes nothing."""
    account = signed_in_account()
    try:
        with db.write() as session:
            return verb(session, account)
    except (Conflict, Invalid) as refused:
        flask.flash(str(refused))
        return None


def _back() -> ResponseReturnValue:
    return flask.redirect(safe_next(flask.request.form.get("next")), 303)
