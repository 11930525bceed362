"""Pages of orders: place one, follow it live, look at all of one's own."""

import flask
import msgspec
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from commons import db
from commons.accounts.auth import current_account, login_required, signed_in_account
from commons.catalog import services as catalog
from commons.catalog.making import Wanted, variant_of
from commons.catalog.values import as_fields, given_values
from commons.catalog.waiting import built_soon
from commons.errors import Conflict, Invalid
from commons.forms import add_problems
from commons.orders import board, services
from commons.orders.forms import OrderForm, RejectForm, SettleForm
from commons.orders.jobs import add_job_routes
from commons.orders.live import Streams
from commons.orders.models import Order
from commons.orders.progress import STAGES, progress_of
from commons.remix import services as remixes
from commons.remix.models import Variant
from fabrication.errors import ConfinementUnavailable, FabricationError, ForgeUnavailable, ValueRefused
from fabrication.geometry.service import Build
from fabrication.slicing.settings import PRESETS, PrintSettings, settings_from

blueprint = flask.Blueprint("orders", __name__)
add_job_routes(blueprint)


@blueprint.record
def _open_streams(state: flask.blueprints.BlueprintSetupState) -> None:
    """One cap for the whole process."""
    state.app.extensions["streams"] = Streams(state.app.config["COMMONS"].streams)


@blueprint.get("/orders")
@login_required
def mine() -> ResponseReturnValue:
    orders = board.orders_of(db.session(), signed_in_account())
    return flask.render_template(
        "orders/mine.html", orders=[(order, services.order_state(order), services.tally(order)) for order in orders]
    )


@blueprint.route("/orders/new", methods=["GET", "POST"])
@login_required
def new() -> ResponseReturnValue:
    """`?remix=<id>`, or `?revision=<sha256>&p.<parameter>=<value>…` for values that nobody saved."""
    remix, made_of = _asked_for()
    try:
        build = built_soon(made_of)
    except (ForgeUnavailable, ConfinementUnavailable):
        raise  # no fault of the values
    except FabricationError as error:
        return flask.render_template("orders/cannot.html", revision=made_of.revision, error=error,
                                     fields=flask.request.args.to_dict()), 422  # fmt: skip
    form = OrderForm()
    if form.validate_on_submit():
        try:
            return _place(form, remix, made_of, build)
        except Invalid as refused:
            add_problems(form, refused.problems or {"": str(refused)})
        except ValueRefused as refused:
            add_problems(form, refused.problems)
    page = flask.render_template(
        "orders/new.html",
        form=form,
        remix=remix,
        design=made_of.revision.design,
        revision=made_of.revision,
        build=build,
        parameters=made_of.parameters,
        presets=PRESETS,
        fields=as_fields(build.values),
        materials=board.materials(db.session(), db.utcnow()),
    )
    return page, 422 if form.errors else 200


@blueprint.get("/orders/<order_id>")
@login_required
def page(order_id: str) -> ResponseReturnValue:
    return flask.render_template("orders/page.html", **_shown(order_id))


@blueprint.get("/orders/<order_id>/live")
@login_required
def live(order_id: str) -> ResponseReturnValue:
    """The part of the page that changes, for pages that poll."""
    return flask.render_template("orders/_live.html", **_shown(order_id))


@blueprint.get("/orders/<order_id>/events")
@login_required
def events(order_id: str) -> ResponseReturnValue:
    """The same as server-sent events `order`, then `end`; 204 when this process holds all the streams it may."""

    @flask.copy_current_request_context
    def render() -> tuple[str, bool]:
        shown = _shown(order_id)
        return flask.render_template("orders/_live.html", **shown), bool(shown["over"])

    board.order_for(db.session(), order_id, current_account())
    db.close_session()  # a stream lives for minutes
    if flask.request.method == "HEAD":
        return flask.Response(mimetype="text/event-stream")
    streams: Streams = flask.current_app.extensions["streams"]
    stream = streams.open("order", render)
    if stream is None:
        return "", 204
    return flask.Response(
        stream, mimetype="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


@blueprint.post("/orders/<order_id>/cancel")
@login_required
def cancel(order_id: str) -> ResponseReturnValue:
    account = signed_in_account()
    with db.write() as session:
        cancelled = services.cancel_order(session, account, order_id)
    flask.flash(f"Cancelled what nobody had begun: {cancelled} {'job' if cancelled == 1 else 'jobs'}.")
    return flask.redirect(flask.url_for("orders.page", order_id=order_id), 303)


def _asked_for() -> tuple[Variant | None, Wanted]:
    session, values = db.session(), flask.request.values
    if values.get("remix"):
        remix = remixes.variant(session, values["remix"])
        return remix, variant_of(remix.revision, remix.values)
    revision = catalog.revision(session, values.get("revision", ""))
    return None, variant_of(revision, given_values(values))


def _place(form: OrderForm, remix: Variant | None, made_of: Wanted, build: Build) -> ResponseReturnValue:
    """Raises `Invalid` and `ValueRefused`."""
    settings: PrintSettings = settings_from(
        {name: form[name].data for name in msgspec.structs.asdict(PRESETS["normal"])}, PRESETS[form.preset.data]
    )
    account, began = signed_in_account(), db.utcnow()

    def place() -> Order:
        with db.write() as session:
            return services.place_order(
                session,
                account,
                revision=made_of.revision,
                build=build,
                quantity=form.quantity.data,
                material=form.material.data,
                settings=settings,
                title=remix.title if remix else made_of.revision.design.title,
                variant=remix,
                form_token=form.form_token.data or None,
            )

    try:
        order = place()
    except IntegrityError:  # the same form, sent twice at once: the other one was first
        try:
            order = place()
        except IntegrityError:
            raise Conflict("This form was drawn for somebody else. Begin a new order.") from None
    if order.created < began:
        flask.flash("This form was sent before; here is what it ordered. For more, begin a new order.")
    return flask.redirect(flask.url_for("orders.page", order_id=order.id), 303)


def _shown(order_id: str) -> dict[str, object]:
    account = current_account()
    order: Order = board.order_for(db.session(), order_id, account)
    return {
        "order": order,
        "state": services.order_state(order),
        "tally": services.tally(order),
        "jobs": [(job, progress_of(job, db.utcnow())) for job in order.jobs],
        "nobody": board.unmakeable(db.session(), order, account, db.utcnow()),
        "stages": STAGES,
        "write_off_days": services.WRITE_OFF_DAYS,
        "is_orderer": account is not None and account.id == order.orderer_id,
        "reject_form": RejectForm(formdata=None),
        "settle_form": SettleForm(formdata=None),
        "can_cancel": board.can_cancel(order.jobs),
        "over": board.is_over(order.jobs),
    }
