"""Pages of named variants: save one, look at one."""

from contextlib import suppress
from functools import partial

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.accounts.auth import login_required, signed_in_account
from commons.catalog.files import FORMATS, send_file_of, send_picture
from commons.catalog.making import Wanted, geometry, variant_of, wanted
from commons.catalog.values import as_fields
from commons.catalog.waiting import want
from commons.errors import TooOften
from commons.remix import services
from commons.remix.forms import SaveForm
from commons.remix.models import Variant

blueprint = flask.Blueprint("remix", __name__)


@blueprint.get("/designs/<slug>/remixes/new")
@login_required
def new(slug: str) -> ResponseReturnValue:
    variant = wanted(slug)
    if variant.problems():
        address = flask.url_for("catalog.design", slug=slug)
        return flask.redirect(f"{address}?{flask.request.query_string.decode()}", 303)
    return _form_page(variant, SaveForm(formdata=None))


@blueprint.post("/designs/<slug>/remixes")
@login_required
def create(slug: str) -> ResponseReturnValue:
    variant, form = wanted(slug), SaveForm()
    if not form.validate():
        return _form_page(variant, form), 422
    values, owner = variant.values(), signed_in_account()
    with db.write() as session:
        saved = services.save_variant(
            session, revision=variant.revision, values=values, title=form.title.data, owner=owner
        )
    if geometry().find(variant.source, values) is None:
        with suppress(TooOften):  # whoever saves many at once has each built when its page is looked at
            want(variant)
    flask.flash("Saved. This is its own page; share its address.")
    return flask.redirect(flask.url_for("remix.page", variant_id=saved.id), 303)


@blueprint.get("/remixes/<variant_id>")
def page(variant_id: str) -> ResponseReturnValue:
    found, made_of = _variant(variant_id)
    return flask.render_template(
        "remix/page.html",
        variant=found,
        design=found.revision.design,
        parameters=made_of.parameters,
        fields=as_fields(made_of.values()),
        formats=FORMATS,
        files_at=partial(_files_at, found.id),
    )


@blueprint.get("/remixes/<variant_id>/picture.png")
def picture(variant_id: str) -> ResponseReturnValue:
    return send_picture(_variant(variant_id)[1])


@blueprint.get("/remixes/<variant_id>/files/<fmt>")
def file(variant_id: str, fmt: str) -> ResponseReturnValue:
    found, made_of = _variant(variant_id)
    return send_file_of(made_of, fmt, f"{found.revision.design.slug}-{found.id}", found.owner.name)


def _variant(variant_id: str) -> tuple[Variant, Wanted]:
    found = services.variant(db.session(), variant_id)
    return found, variant_of(found.revision, found.values)


def _files_at(variant_id: str, fmt: str) -> str:
    return flask.url_for("remix.file", variant_id=variant_id, fmt=fmt)


def _form_page(variant: Wanted, form: SaveForm) -> str:
    values = variant.values()
    return flask.render_template(
        "remix/new.html",
        form=form,
        design=variant.revision.design,
        revision=variant.revision,
        parameters=variant.parameters,
        values=values,
        fields=as_fields(values),
    )
