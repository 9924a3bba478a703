"""How many requests of one client are served at once: the limit on its connections, where a proxy has those of many.

A client behind a trusted proxy is known by its requests only. One that sends bodies slowly, through a proxy that does
not collect them first, would otherwise take up all connections between the proxy and the gateway.
"""

from collections.abc import Callable

from flask import Flask, g, request

from api.http.endpoint import PUBLIC, current_endpoint
from api.overload.concurrency import ConcurrencyLimiter, Holding


def limit_requests(app: Flask, limiter: ConcurrencyLimiter, client_name: Callable[[], str]) -> None:
    """Count requests from their heads to their answers; what is streamed after that has limits of its own.

    Args:
        app: public views of it are served always.
        limiter: of requests.
        client_name: whose the current request is.
    """

    def begin() -> None:
        endpoint = current_endpoint(request)
        if endpoint is not None and endpoint.scope is not PUBLIC:
            g.request_in_progress = limiter.acquire(1, client_name())

    def end(_: BaseException | None) -> None:
        holding: Holding | None = g.pop("request_in_progress", None)
        if holding is not None:
            holding()

    app.before_request(begin)
    app.teardown_request(end)
