"""Pages of accounts: sign up, in and out, and a person's page."""

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.accounts import services
from commons.accounts.auth import TOKEN, safe_next
from commons.accounts.forms import SignInForm, SignUpForm
from commons.accounts.models import Account
from commons.catalog.services import designs_of
from commons.errors import Forbidden, Invalid
from commons.forms import add_problems
from commons.remix.services import variants_of

blueprint = flask.Blueprint("accounts", __name__)


@blueprint.route("/sign-up", methods=["GET", "POST"])
def sign_up() -> ResponseReturnValue:
    form = SignUpForm()
    if form.validate_on_submit():
        password_hash = services.hash_password(form.password.data)
        try:
            with db.write() as session:
                account = services.sign_up(
                    session, handle=form.handle.data, name=form.name.data or "", email=form.email.data or "",
                    password_hash=password_hash,
                )  # fmt: skip
                _sign_in(account)
            return _welcome(f"Welcome, {account.name}.")
        except Invalid as refused:
            add_problems(form, refused.problems)
    return flask.render_template("accounts/sign_up.html", form=form), 422 if form.errors else 200


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    form, status = SignInForm(), 200
    if form.validate_on_submit():
        try:
            account = services.check_password(db.session(), form.handle.data, form.password.data, now=db.utcnow())
        except Forbidden as refused:
            add_problems(form, {"password": str(refused)})
            return flask.render_template("accounts/sign_in.html", form=form), 429
        with db.write() as session:
            if account is not None:
                _sign_in(account)
            else:
                services.count_failure(session, form.handle.data, now=db.utcnow())
        if account is not None:
            return _welcome(f"Signed in as {account.name}.")
        add_problems(form, {"password": "Handle and password do not belong together."})
    if form.errors:
        status = 422
    return flask.render_template("accounts/sign_in.html", form=form), status


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    with db.write() as session:
        services.end_login(session, flask.session.get(TOKEN))
    flask.session.clear()
    flask.flash("Signed out.")
    return flask.redirect(flask.url_for("catalog.index"), 303)


@blueprint.get("/people/<handle>")
def person(handle: str) -> ResponseReturnValue:
    session = db.session()
    account = services.person(session, handle)
    return flask.render_template(
        "accounts/person.html",
        person=account,
        designs=designs_of(session, account.id),
        variants=variants_of(session, owner_id=account.id),
    )


def _sign_in(account: Account) -> None:
    """Rotates everything the browser held, so that nothing planted before signing in survives it."""
    token = services.begin_login(db.session(), account, replacing=flask.session.get(TOKEN), now=db.utcnow())
    flask.session.clear()
    flask.session[TOKEN] = token
    flask.session.permanent = True


def _welcome(greeting: str) -> ResponseReturnValue:
    flask.flash(greeting)
    return flask.redirect(safe_next(flask.request.args.get("next")), 303)
