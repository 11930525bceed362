"""What is known of a variant before it is made: a section of its page, or a page of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import flask
from flask.typing import ResponseReturnValue

from commons import db
from commons.accounts.auth import current_account
from commons.catalog.making import geometry, wanted
from commons.catalog.refusals import said_of
from commons.catalog.values import as_fields
from commons.catalog.waiting import StillBuilding, built_soon, page_of
from commons.errors import TooOften
from commons.orders.board import Known, known_machines
from fabrication.errors import FabricationError
from fabrication.geometry.findings import Finding, Fit, findings, fit, masses
from fabrication.geometry.inspection import PROBLEM_COLOURS, Inspection, Problem
from fabrication.materials import DENSITIES_G_CM3

SEEN_MM2 = 1.0
"""Less that hangs over is called none, and is nothing to look for in a picture."""


@dataclass(frozen=True)
class Report:
    """One part, as the page shows it. `mass_g` is that of the chosen material, solid throughout."""

    name: str
    found: Inspection
    mass_g: float
    findings: tuple[Finding, ...]
    fits: tuple[tuple[Known, Fit], ...]

    @property
    def coloured(self) -> frozenset[Problem]:
        """What its faces are coloured for in the picture of problems."""
        there: dict[Problem, bool] = {
            "broken": bool(self.found.faults or self.found.open_edges or self.found.turned_edges),
            "thin": self.found.thickness is not None and self.found.thickness.thin,
            "overhang": self.found.as_modelled.overhang_mm2 >= SEEN_MM2,
        }
        return frozenset(problem for problem, is_there in there.items() if is_there)


def add_to(blueprint: flask.Blueprint) -> None:
    """Puts these on the catalogue's blueprint."""
    blueprint.get("/designs/<slug>/inspection")(inspection)
    blueprint.get("/designs/<slug>/problems.png")(problems)


def inspection(slug: str) -> ResponseReturnValue:
    """Every part's report; for a page's script (`HX-Request`) the section alone, whatever the answer."""
    fragment = bool(flask.request.headers.get("HX-Request"))
    try:
        page, status = _report(slug, fragment=fragment), 200
    except StillBuilding as waiting:
        if not fragment:
            raise
        here = page_of(waiting.key, flask.request.full_path)
        page, status = flask.render_template("catalog/_not_inspected.html", here=here), 202
    except (FabricationError, TooOften) as error:
        if not fragment:
            raise
        words, status = said_of(error)
        page = flask.render_template("catalog/_not_inspected.html", words=words)
    return page, status, {"X-Fragment": "inspection"} if fragment else {}


def problems(slug: str) -> ResponseReturnValue:
    """A picture of the variant with the faces coloured that something is wrong with."""
    data = geometry().problems(built_soon(wanted(slug)))
    response = flask.Response(data, mimetype="image/png")
    response.cache_control.max_age = 300
    return response


def _report(slug: str, *, fragment: bool) -> str:
    variant = wanted(slug)
    build = built_soon(variant)
    db.close_session()
    inspected = geometry().inspect(build)
    asked = flask.request.args.get("material", "")
    material = asked if asked in DENSITIES_G_CM3 else next(iter(DENSITIES_G_CM3))
    compared = known_machines(db.session(), current_account(), db.utcnow())
    reports = [
        Report(
            part.name, found, masses(found.volume_mm3)[material], findings(found), _fits(found, material, compared)
        )
        for part, found in zip(build.parts, inspected, strict=True)
    ]  # fmt: skip
    return flask.render_template(
        "catalog/_inspection.html" if fragment else "catalog/inspection.html",
        design=variant.revision.design,
        fields={"revision": variant.revision.id, **as_fields(build.values)},
        reports=reports,
        material=material,
        materials=list(DENSITIES_G_CM3),
        coloured=[each for each in PROBLEM_COLOURS if any(each in report.coloured for report in reports)],
    )


def _fits(found: Inspection, material: str, compared: Sequence[Known]) -> tuple[tuple[Known, Fit], ...]:
    """Those that could make it first."""
    printers = ((known, known.profile) for known in compared if known.profile and known.profile.process == "fff")
    fits = ((known, fit(found, profile, material)) for known, profile in printers)
    return tuple(sorted(fits, key=lambda each: bool(each[1].reasons)))
