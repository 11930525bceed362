"""Pages of the catalogue: browse, one design, its preview, pictures and files; adding designs and remixing by code."""

import flask

from commons.catalog import waiting
from commons.catalog.views import browse, builds, code, inspection, saving, taking, upload

blueprint = flask.Blueprint("catalog", __name__)
for pages in (waiting, browse, taking, builds, inspection, upload, code, saving):
    pages.add_to(blueprint)
