"""Every error leaves the gateway as an RFC 9457 problem with a stable ``code``, plus ``error`` for simple clients."""

import logging
import math
from typing import Final

from flask import Flask, Response, g, json, request
from pydantic import ConfigDict, Field
from werkzeug.exceptions import HTTPException

from api.http.connection import close_afterwards
from api.http.responses import NOT_STORED
from api.http.statuses import status_of
from api.http.websocket_upgrade import UPGRADE_HEADERS, VERSION
from contracts import errors
from contracts.errors import MienError
from contracts.jobs import Problem
from contracts.results import Message

CONTENT_TYPE: Final = "application/problem+json"
_SMALL: Final = 1_000_000
"""Bytes that may as well be read: what a refused request still has to send goes before the next one is looked at."""

_CHALLENGES: Final = ("Basic", "Bearer")
"""A header line each: Chromium asks for a password only if the scheme that it knows begins a line."""

logger = logging.getLogger(__name__)


class ProblemDocument(Message):
    """An error, by RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Leads to the description of this kind of error.")
    title: str
    status: int
    detail: str = Field(description="A sentence about this very case.")
    code: str = Field(description="Stable; programs may rely on it.")
    error: str = Field(description="The same sentence, for the simplest clients.")
    instance: str


def register_error_handlers(app: Flask) -> None:
    """Turn everything that views raise into problems."""
    app.register_error_handler(MienError, problem_response)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _unexpected_error)


def problem_response(error: MienError) -> Response:
    """The answer for an error of ours."""
    status, title = status_of(type(error))
    g.problem = error.code  # for `api.http.request_metrics`
    more = error.members if error.field is None else {"field": error.field, **error.members}
    document = ProblemDocument(
        type=f"/problems/{error.code}",
        title=title,
        status=status,
        detail=error.detail,
        code=error.code,
        error=error.detail,
        instance=request.path,
        **more,
    )
    # Not `json_response`: the simplest clients look for `"code": "…"` in the text, space included.
    response = Response(json.dumps(document.model_dump()), status, NOT_STORED, mimetype=CONTENT_TYPE)
    if isinstance(error, errors.Unauthorized):
        for scheme in _CHALLENGES:
            response.headers.add("WWW-Authenticate", f'{scheme} realm="mien"')
    if isinstance(error, errors.UpgradeRequired):
        response.headers.update({**UPGRADE_HEADERS, "Sec-WebSocket-Version": VERSION})
    if isinstance(error, errors.Overloaded | errors.Unavailable):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if isinstance(error, _REFUSED_UNREAD) and (request.content_length or _SMALL + 1) > _SMALL:
        close_afterwards(response, request.environ)
    return response


_REFUSED_UNREAD: Final = (errors.Overloaded, errors.PayloadTooLarge, errors.TooManyImages)
"""Errors that are raised before a body has been read to its end."""


def error_of(problem: Problem) -> MienError:
    """The error that a stored problem stands for; of an unknown code, a plain `JobFailed`."""
    kind = ERRORS.get(problem.code, errors.JobFailed)
    if not issubclass(kind, errors.InvalidRequest | errors.JobFailed):
        kind = errors.JobFailed
    return kind(problem.detail, field=problem.field)


def _by_code(root: type[MienError]) -> dict[str, type[MienError]]:
    found = {root.code: root}
    for kind in root.__subclasses__():
        found |= _by_code(kind)
    found[root.code] = root  # and none that a package keeps for itself, under its parent's code
    return found


ERRORS: Final = _by_code(MienError)
"""Every error by its code."""


def _from_http(error: HTTPException) -> Response | HTTPException:
    """Werkzeug's own errors: no such address, wrong method, too large, a redirect."""
    if error.code is None or error.code < 400:
        return error
    response = problem_response(_translate(error))
    if error.code == 405:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    return response


def _translate(error: HTTPException) -> MienError:
    if error.code == 404:
        return errors.NotFound(f"There is nothing at {request.path}.")
    if error.code == 405:
        return errors.MethodNotAllowed(f"{request.path} does not take {request.method}.")
    if error.code == 413:
        limit = request.max_content_length or 0
        return errors.PayloadTooLarge(f"The body may have {limit:,} bytes at most.")
    if error.code == 415:
        return errors.UnsupportedMediaType(error.description or "This content type is not supported.")
    if error.code is not None and error.code >= 500:
        return MienError("Something went wrong inside Mien; its log has the details.")
    return errors.InvalidRequest(error.description or "The request is not valid.")


def _unexpected_error(error: Exception) -> Response:
    logger.exception("unexpected error in %s %s", request.method, request.path, exc_info=error)
    return problem_response(MienError("Something went wrong inside Mien; its log has the details."))
