"""How often a client may call the views that declare themselves rate-limited."""

import re
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import Flask, Response
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from redis import ConnectionPool

from api.access.authentication import client_name, current_key
from api.http.endpoint import View, declaration_of
from api.http.problems import problem_response
from contracts.errors import QuotaExceeded
from contracts.settings import Settings


def limit_rates(app: Flask, settings: Settings, pool: ConnectionPool) -> None:
    """Count the calls of each client, at all gateways together.

    Args:
        app: has all its views already.
        settings: the rate of clients whose key names none.
        pool: connections to the broker. They wait for a free one; the library's own would raise an error, which lets
            the request through.
    """
    limiter = Limiter(
        key_func=client_name,
        storage_uri=re.sub("^unix:", "redis+unix:", settings.redis_url),  # the library's scheme for Unix sockets
        storage_options=cast(Any, {"connection_pool": pool}),
        strategy="moving-window",
        key_prefix="mien",
        swallow_errors=True,  # without a broker the request itself says so
    )
    limiter.init_app(app)

    def rate() -> str:
        key = current_key()
        return (key.rate if key else "") or settings.rate_limit

    limited = limiter.shared_limit(rate, scope="client", exempt_when=lambda: not rate())
    for name, view in app.view_functions.items():
        if declaration_of(view).rate_limited:
            app.view_functions[name] = _limited(view, cast(Any, limited(view)), rate)

    def exceeded(error: RateLimitExceeded) -> Response:
        reset_at = limiter.current_limit.reset_at if limiter.current_limit else 0
        sentence = f"More requests than the {error.description} that are allowed."
        return problem_response(QuotaExceeded(sentence, retry_after=reset_at - time.time()))

    app.register_error_handler(RateLimitExceeded, exceeded)


def _limited(view: View, limited: View, rate: Callable[[], str]) -> View:
    """The library's view for clients that have a rate; the others, most of a busy gateway's, do without its work."""

    @wraps(view)
    def call(**arguments: Any) -> Any:
        return (limited if rate() else view)(**arguments)

    return cast(View, call)
