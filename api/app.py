"""The gateway as a Flask application. Importing this module loads no image library but Pillow, and no network."""

import time

from flask import Flask, Response, g, request

from api.access import guard
from api.http.problems import register_error_handlers
from api.overload import body_memory
from api.routes import cameras, detect, docs, health, jobs, metrics, page, webhooks
from api.services import Services, services
from contracts.settings import Settings

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_BLUEPRINTS = (page, detect, jobs, cameras, webhooks, docs, health, metrics)


def create_app(settings: Settings) -> Flask:
    """Wire one gateway. Nothing is asked of Redis until the first request."""
    app = Flask("api", static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        MAX_FORM_PARTS=200,
    )
    app.extensions["mien"] = Services.connect(settings)
    register_error_handlers(app)
    app.before_request(_note_start)
    app.after_request(_finish)
    for module in _BLUEPRINTS:
        app.register_blueprint(module.blueprint)
    guard.install(app, settings)
    body_memory.install(app, settings)  # after the guard: strangers hold nothing
    return app


def _note_start() -> None:
    g.started = time.perf_counter()


def _finish(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "(none)"
    method = request.method if request.method in _METHODS else "other"
    services().requests.add(method, route, response.status_code, time.perf_counter() - g.started)
    return response
