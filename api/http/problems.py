"""Every error leaves the gateway as an RFC 9457 problem with a stable ``code``, plus ``error`` for simple clients."""

import logging
import math
import socket
from contextlib import suppress
from typing import Any

from flask import Flask, Response, json, request
from werkzeug.exceptions import HTTPException

from contracts import errors
from contracts.errors import MienError
from contracts.jobs import Problem

log = logging.getLogger(__name__)


def register_error_handlers(app: Flask) -> None:
    """Turn everything that views raise into problems."""
    app.register_error_handler(MienError, problem_response)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_surprise)


def problem_response(error: MienError) -> Response:
    """The answer for an error of ours."""
    body: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "error": error.detail,
        "instance": request.path,
    }
    if error.field is not None:
        body["field"] = error.field
    body.update(error.members)
    response = Response(json.dumps(body), error.status, mimetype="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, errors.Unauthorized):
        response.headers["WWW-Authenticate"] = 'Bearer realm="mien", Basic realm="mien"'
    if isinstance(error, errors.Overloaded | errors.Unavailable):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if isinstance(error, errors.Overloaded) and (request.content_length or _SMALL + 1) > _SMALL:
        _refuse_the_rest(response)
    return response


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
    return found


ERRORS = _by_code(MienError)
"""Every error by its code."""


def _from_http(error: HTTPException) -> Response | HTTPException:
    """Werkzeug's own errors: no such address, wrong method, too large, a redirect."""
    if error.code is None or error.code < 400:
        return error
    response = problem_response(_translate(error))
    if error.code == 405:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    if error.code == 413:
        _refuse_the_rest(response)
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


def _from_surprise(error: Exception) -> Response:
    log.exception("unexpected error in %s %s", request.method, request.path, exc_info=error)
    return problem_response(MienError("Something went wrong inside Mien; its log has the details."))


_SMALL = 1_000_000
"""Bytes that may as well be read: what a refused request still has to send goes before the next one is looked at."""
_LINGER_BYTES = 64 * 1024 * 1024
_LINGER_S = 2.0


def _refuse_the_rest(response: Response) -> None:
    """Close the connection after this answer, without keeping what the client still sends.

    Closing at once would reset the connection, and a client that is still sending would see that instead of the answer.
    So the answer goes out first, then a bounded rest of the body is read and thrown away, then the connection ends.
    """
    stream, connection = request.environ["wsgi.input"], request.environ.get("gunicorn.socket")
    if connection is None:
        return

    def linger() -> None:
        left = _LINGER_BYTES
        connection.settimeout(_LINGER_S)
        with suppress(OSError, ValueError, MienError):  # the last of them when the body's time is over
            while left > 0 and (chunk := stream.read(65_536)):
                left -= len(chunk)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    response.call_on_close(linger)
