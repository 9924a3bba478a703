"""The interface described: ``/openapi.json``, ``/docs`` (works without internet), ``/problems/{code}``."""

from flask import Blueprint, Response, jsonify, redirect

from api.http.problems import ERRORS
from api.openapi.document import document
from api.routes.page import html_page, page_file
from contracts.errors import NotFound

blueprint = Blueprint("docs", __name__)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """OpenAPI 3.1."""
    return jsonify(document())


@blueprint.get("/docs")
def docs() -> Response:
    """The same for people."""
    return html_page("docs.html")


@blueprint.get("/docs/<any('docs.css', 'docs.js', 'theme.css', 'icon.svg'):name>")
def asset(name: str) -> Response:
    """A file of that page; open to everybody, as the description is."""
    return page_file(name)


@blueprint.get("/problems/<code>")
def problem(code: str) -> Response:
    """Where the ``type`` of a problem leads."""
    if code not in ERRORS:
        raise NotFound(f"There is no kind of error called {code}.")
    return Response(status=303, headers={"Location": redirect(f"/docs#{code}").location})
