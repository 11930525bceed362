"""Pages of workshops: their machines, jobs and bridges, and pairing a bridge by its short code."""

import flask
from flask.typing import ResponseReturnValue
from wtforms.fields import SelectChoice

from commons import db
from commons.accounts.auth import current_account, login_required, signed_in_account
from commons.agents import pairing
from commons.errors import Invalid, NotFound
from commons.forms import add_problems
from commons.orders.board import attempts_at, jobs_at
from commons.orders.forms import SettleForm
from commons.orders.progress import STAGES, progress_of
from commons.workshops import services
from commons.workshops.forms import ClaimingForm, PairForm, WorkshopForm

blueprint = flask.Blueprint("workshops", __name__)


@blueprint.get("/workshops")
def index() -> ResponseReturnValue:
    account = current_account()
    everyone = services.everyone(db.session())
    mine = [each for each in everyone if account is not None and each.owner_id == account.id]
    return flask.render_template(
        "workshops/index.html", mine=mine, others=[each for each in everyone if each not in mine]
    )


@blueprint.route("/workshops/new", methods=["GET", "POST"])
@login_required
def new() -> ResponseReturnValue:
    form = WorkshopForm()
    if form.validate_on_submit():
        owner = signed_in_account()
        try:
            with db.write() as session:
                made = services.create(
                    session, owner, name=form.name.data, location=form.location.data or "",
                    description=form.description.data or "",
                )  # fmt: skip
            return flask.redirect(flask.url_for("workshops.page", workshop_id=made.id), 303)
        except Invalid as refused:
            add_problems(form, refused.problems)
    return flask.render_template("workshops/new.html", form=form), 422 if form.errors else 200


@blueprint.get("/workshops/<workshop_id>")
def page(workshop_id: str) -> ResponseReturnValue:
    return flask.render_template("workshops/page.html", **_shown(workshop_id))


@blueprint.get("/workshops/<workshop_id>/live")
def live(workshop_id: str) -> ResponseReturnValue:
    """The part of the page that changes, for pages that poll."""
    return flask.render_template("workshops/_live.html", **_shown(workshop_id))


@blueprint.post("/machines/<machine_id>/claiming")
@login_required
def claiming(machine_id: str) -> ResponseReturnValue:
    owner = signed_in_account()
    wanted = bool(ClaimingForm().claims_by_itself.data)
    with db.write() as session:
        machine = services.set_claiming(session, owner, machine_id, wanted)
    flask.flash(f"{machine.name} {'now claims jobs by itself' if wanted else 'claims nothing by itself'}.")
    return flask.redirect(flask.url_for("workshops.page", workshop_id=machine.workshop_id), 303)


@blueprint.post("/bridges/<bridge_id>/revoke")
@login_required
def revoke(bridge_id: str) -> ResponseReturnValue:
    owner = signed_in_account()
    with db.write() as session:
        pairing.revoke(session, owner, bridge_id, db.utcnow())
    flask.flash("This bridge can no longer speak for your workshop. What its machine has begun goes on at the machine.")
    return flask.redirect(flask.url_for("workshops.index"), 303)


@blueprint.route("/pair", methods=["GET", "POST"])
@login_required
def pair() -> ResponseReturnValue:
    """RFC 8628 §3.3: the person types the code, sees which bridge waits, and lets it in or not."""
    owner, now = signed_in_account(), db.utcnow()
    own = services.of(db.session(), owner)
    form = PairForm(user_code=flask.request.args.get("code", ""))
    form.workshop.choices = [SelectChoice(workshop.id, workshop.name) for workshop in own]
    waiting = None
    if form.user_code.data:
        try:
            waiting = pairing.find(db.session(), form.user_code.data, now)
        except NotFound as missing:
            add_problems(form, {"user_code": str(missing)})
    if flask.request.method == "POST" and waiting is not None and form.validate():
        return _answer(form)
    page = flask.render_template("workshops/pair.html", form=form, waiting=waiting, workshops=own)
    return page, 422 if form.errors else 200


def _answer(form: PairForm) -> ResponseReturnValue:
    owner, now, code = signed_in_account(), db.utcnow(), form.user_code.data
    if "deny" in flask.request.form:
        with db.write() as session:
            pairing.deny(session, code, now)
        flask.flash("Refused. The bridge has been told.")
        return flask.redirect(flask.url_for("workshops.index"), 303)
    with db.write() as session:
        waiting = pairing.approve(session, owner, code, form.workshop.data or "", now)
    flask.flash(f"“{waiting.bridge_name}” is paired. Its machines appear here as soon as it runs.")
    return flask.redirect(flask.url_for("workshops.page", workshop_id=waiting.workshop_id), 303)


def _shown(workshop_id: str) -> dict[str, object]:
    session, account = db.session(), current_account()
    workshop = services.get(session, workshop_id)
    is_owner = account is not None and account.id == workshop.owner_id
    return {
        "workshop": workshop,
        "is_owner": is_owner,
        "machines": [(machine, services.profile_of(machine)) for machine in services.machines_at(session, workshop)],
        "outdated": services.OUTDATED,
        "jobs": [(job, progress_of(job, db.utcnow())) for job in jobs_at(session, workshop)] if is_owner else [],
        "attempts": attempts_at(session, workshop) if is_owner else [],
        "stages": STAGES,
        "settle_form": SettleForm(formdata=None),
    }
