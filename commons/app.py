"""The composition root: a configuration in, a Flask application out."""

from importlib import import_module

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from commons import db
from commons.catalog.metering import REQUESTS_AT_ONCE, AtOnce, MeteredForge
from commons.config import Config
from commons.pages import register_pages
from fabrication.artefacts import ArtefactStore
from fabrication.geometry.service import Geometry

FEATURES = ("accounts", "catalog", "remix", "workshops", "orders")
REQUEST_BYTES_MAX = 8 * 1024 * 1024


def create_app(config: Config) -> Flask:
    """The whole site. Starts no process and no thread; the schema must be up to date (`Database.migrate`)."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=REQUEST_BYTES_MAX,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        COMMONS=config,
    )
    if config.proxies:
        hops = dict.fromkeys(("x_for", "x_proto", "x_host"), config.proxies)
        app.wsgi_app = ProxyFix(app.wsgi_app, **hops)  # type: ignore[method-assign]
    store = ArtefactStore(config.artefacts)
    app.extensions["database"] = db.Database(config.database_url)
    app.extensions["artefacts"] = store
    app.extensions["geometry"] = Geometry(MeteredForge(config.forge_socket), store)
    app.teardown_appcontext(db.close_session)
    AtOnce(REQUESTS_AT_ONCE).guard(app)
    for feature in FEATURES:
        app.register_blueprint(import_module(f"commons.{feature}.views").blueprint)
    app.register_blueprint(import_module("commons.agents.api").blueprint)
    register_pages(app)
    return app
