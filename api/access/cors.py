"""Pages of other origins: which of them may call the gateway from a browser."""

from flask import Flask, Response, request

from api.http import request_id

_METHODS = "GET, POST, DELETE"
_REQUEST_HEADERS = (
    f"Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer, traceparent, {request_id.HEADER}"
)
_RESPONSE_HEADERS = f"Location, Mien-Job, Retry-After, Preference-Applied, {request_id.HEADER}"
_PREFLIGHT_KEPT_S = 600


class Origins:
    """The origins that an operator trusts."""

    def __init__(self, setting: str) -> None:
        """Origins separated by commas, or ``*``; empty: none."""
        self._allowed = frozenset(origin.strip() for origin in setting.split(",") if origin.strip())

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._allowed)

    def allow(self, origin: str) -> bool:
        """Whether pages of this origin may call the gateway."""
        return bool(origin) and ("*" in self._allowed or origin in self._allowed)


def allow_origins(app: Flask, origins: Origins) -> None:
    """Answer preflight requests, and tell browsers which origins may read answers; without any, do nothing."""
    if not origins:
        return

    def allow(response: Response) -> Response:
        origin = request.headers.get("Origin", "")
        response.headers.add("Vary", "Origin")
        if origins.allow(origin):
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
