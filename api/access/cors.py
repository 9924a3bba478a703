"""Pages of other origins: which of them may call the gateway from a browser."""

from flask import Flask, Response, request

from api.http import request_id

_METHODS = "GET, POST, DELETE"
_REQUEST_HEADERS = f"Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer, {request_id.HEADER}"
_RESPONSE_HEADERS = f"Location, Mien-Job, Retry-After, Preference-Applied, {request_id.HEADER}"
_PREFLIGHT_KEPT_S = 600


def allow_origins(app: Flask, origins: str) -> None:
    """Answer preflight requests, and tell browsers which origins may read answers.

    Args:
        app: the application.
        origins: separated by commas, or ``*``; empty: none, and nothing is done.
    """
    if not origins:
        return
    allowed = [origin.strip() for origin in origins.split(",")]

    def allow(response: Response) -> Response:
        origin = request.headers.get("Origin", "")
        response.headers.add("Vary", "Origin")
        if origin and ("*" in allowed or origin in allowed):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _RESPONSE_HEADERS
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = _METHODS
                response.headers["Access-Control-Allow-Headers"] = _REQUEST_HEADERS
                response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_KEPT_S)
        return response

    app.before_request(_answer_preflight)
    app.after_request(allow)


def _answer_preflight() -> Response | None:
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return Response(status=204)
    return None
