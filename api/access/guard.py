"""Who may do what, and how often: API keys with scopes, rates, and the headers that keep browsers careful."""

import time
from typing import Any, Final, cast

from flask import Flask, Request, Response, g, request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded

from api.http.connection import client_name
from api.http.problems import problem_response
from api.services import services
from contracts.errors import Forbidden, QuotaExceeded, Unauthorized
from contracts.settings import Settings
from contracts.storage.api_keys import ApiKey, Scope

_OPEN: Final = frozenset({"health", "docs"})
"""Blueprints that need no key."""
_SCOPES: Final = {
    "detect": Scope.ANALYZE,
    "jobs": Scope.ANALYZE,
    "cameras": Scope.LIVE,
    "page": Scope.LIVE,
    "webhooks": Scope.OPERATE,
    "metrics": Scope.OPERATE,
}


def install(app: Flask, settings: Settings) -> None:
    """Put the guard before every view of the application."""
    if settings.require_keys:
        app.before_request(_check_key)
    app.after_request(add_security_headers)
    if settings.cors_origins:
        app.before_request(_answer_preflight)
        app.after_request(_allow_origins)
    limiter = Limiter(
        key_func=client_name,
        storage_uri=settings.redis_url,
        # Our connections wait for a free one; its own would raise an error, which lets the request through.
        storage_options={"connection_pool": app.extensions["mien"].redis.connection_pool},
        strategy="moving-window",
        key_prefix="mien",
        swallow_errors=True,  # without a broker the request itself says so
    )
    if settings.require_keys or settings.rate_limit:
        limiter.init_app(app)
        limited = limiter.shared_limit(_rate, scope="client", exempt_when=_unlimited)
        for name, view in app.view_functions.items():
            if name.partition(".")[0] in ("detect", "jobs"):
                app.view_functions[name] = cast(Any, limited(view))

    def exceeded(error: RateLimitExceeded) -> Response:
        reset_at = limiter.current_limit.reset_at if limiter.current_limit else 0
        sentence = f"More requests than the {error.description} that are allowed."
        return problem_response(QuotaExceeded(sentence, retry_after=reset_at - time.time()))

    app.register_error_handler(RateLimitExceeded, exceeded)


def token_of(request: Request) -> str:
    """The API key of a request: a bearer token, or the password of basic authentication; empty if there is none."""
    given = request.authorization
    if given is None:
        return ""
    return (given.token if given.type == "bearer" else given.password) or ""


def _check_key() -> None:
    if request.blueprint in _OPEN or request.blueprint is None or request.method == "OPTIONS":
        return
    token = token_of(request)
    key = services().api_keys.find(token) if token else None
    if key is None:
        raise Unauthorized("Send an API key: Authorization: Bearer mien_..." if not token else "This key is not valid.")
    needed = _SCOPES.get(request.blueprint, Scope.OPERATE)
    if needed not in key.scopes:
        raise Forbidden(f'This address needs a key with the scope "{needed}".')
    g.api_key = key


def _rate() -> str:
    key: ApiKey | None = g.get("api_key")
    return (key.rate if key else "") or services().settings.rate_limit


def _unlimited() -> bool:
    return not _rate()


def add_security_headers(response: Response) -> Response:
    """Tell browsers to be careful with any answer, unless the view has said otherwise."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
    return response


def _answer_preflight() -> Response | None:
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return Response(status=204)
    return None


def _allow_origins(response: Response) -> Response:
    allowed = [origin.strip() for origin in services().settings.cors_origins.split(",")]
    origin = request.headers.get("Origin", "")
    response.headers.add("Vary", "Origin")
    if origin and ("*" in allowed or origin in allowed):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Location, Mien-Job, Retry-After, Preference-Applied"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
            headers = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer"
            response.headers["Access-Control-Allow-Headers"] = headers
            response.headers["Access-Control-Max-Age"] = "600"
    return response
