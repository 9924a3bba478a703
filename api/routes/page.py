"""The live page and its files; nothing on it comes from anywhere else, so it works without internet."""

import math

from flask import Blueprint, Response, jsonify, send_from_directory

from api.http.endpoint import NO_BODY, UNDESCRIBED, endpoint
from api.http.scopes import Scope
from api.services import current_services

blueprint = Blueprint("page", __name__)

_FOLDER = "page"  # below the package

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""Content-Security-Policy of the page: its own files only, no inline script."""


_live = endpoint(scope=Scope.LIVE, owned=False, rate_limited=False, body=NO_BODY, operation=UNDESCRIBED)


@blueprint.get("/")
@_live
def index() -> Response:
    """The live page."""
    return html_page("index.html")


@blueprint.get("/page/<path:name>")
@_live
def asset(name: str) -> Response:
    """A file of the page."""
    return page_file(name)


@blueprint.get("/page/notice.json")
@_live
def notice() -> Response:
    """What the page tells a person before the first picture of a device is sent; see ``page/notice.js``."""
    settings = current_services().settings
    return jsonify(
        text=settings.notice,
        purpose=settings.purpose,
        faces_only=settings.faces_only,
        result_minutes=math.ceil(settings.result_ttl_s / 60),
    )


def html_page(name: str) -> Response:
    """A page, which may use its own files only."""
    response = page_file(name)
    response.headers["Content-Security-Policy"] = POLICY
    return response


def page_file(name: str) -> Response:
    """A file of the page, which browsers ask for anew whenever it has changed."""
    response = send_from_directory(_FOLDER, name, max_age=0)
    response.headers["Cache-Control"] = "no-cache"
    return response
