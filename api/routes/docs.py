"""The interface described: ``/openapi.json``, ``/docs`` (works without internet), ``/problems/{code}``."""

from flask import Blueprint, Response, current_app, jsonify, redirect

from api.http.endpoint import NO_BODY, PUBLIC, UNDESCRIBED, endpoint
from api.http.problems import ERRORS
from api.openapi.document import document_of
from api.routes.page import html_page, page_file
from api.services import current_services
from contracts.errors import NotFound

blueprint = Blueprint("docs", __name__)

_open = endpoint(scope=PUBLIC, owned=False, rate_limited=False, body=NO_BODY, operation=UNDESCRIBED)


@blueprint.get("/openapi.json")
@_open
def openapi() -> Response:
    """OpenAPI 3.1."""
    return jsonify(document_of(current_app, current_services().settings))


@blueprint.get("/docs")
@_open
def docs() -> Response:
    """The same for people."""
    return html_page("docs.html")


@blueprint.get("/docs/<any('docs.css', 'docs.js', 'theme.css', 'icon.svg'):name>")
@_open
def asset(name: str) -> Response:
    """A file of that page; public, as the description is."""
    return page_file(name)


@blueprint.get("/problems/<code>")
@_open
def problem(code: str) -> Response:
    """Where the ``type`` of a problem leads."""
    if code not in ERRORS:
        raise NotFound(f"There is no kind of error called {code}.")
    return Response(status=303, headers={"Location": redirect(f"/docs#{code}").location})
