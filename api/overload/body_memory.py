"""Memory for request bodies: counted as their bytes arrive, released when their images are stored.

What a client declares costs nothing: a thousand requests that announce ten megabytes and send none hold none.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, g, request

from api.http.endpoint import current_endpoint
from api.overload.concurrency import ConcurrencyLimiter, Holding
from contracts.settings import Settings


class BodyMemory:
    """Counts the bodies of all views that declare one."""

    def __init__(
        self,
        settings: Settings,
        memory: ConcurrencyLimiter,
        storing: ConcurrencyLimiter,
        client_name: Callable[[], str],
    ) -> None:
        """Nothing is held yet.

        Args:
            settings: for the limits that views declare.
            memory: in bytes.
            storing: jobs that are being stored; a body whose job could not be stored soon need not be read.
            client_name: whose the current request is.
        """
        self._settings, self._memory, self._storing = settings, memory, storing
        self._client_name = client_name

    def install(self, app: Flask) -> None:
        """Count the body of every request of this application that has one."""
        app.before_request(self._begin)
        app.teardown_request(lambda _: self.release())

    def release(self) -> None:
        """The images are stored: a client that waits for the result holds no memory, and no files, meanwhile."""
        holding: Holding | None = g.pop("body_memory", None)
        if holding is not None:
            request.close()
            holding()

    def _begin(self) -> None:
        """Refuse unread what would not fit now; a body longer than its view allows is refused by the view."""
        endpoint = current_endpoint(request)
        if endpoint is None or endpoint.body is None:
            return
        limit = endpoint.body.limit(request, self._settings)
        request.max_content_length = limit
        size = _body_bytes(request)
        if 0 < size <= limit:
            client = self._client_name()
            self._storing.check(1, client)
            self._memory.check(size, client)
            g.body_memory = self._memory.acquire(0, client)
            request.environ["wsgi.input"] = _CountedBody(request.environ["wsgi.input"], g.body_memory)


class _CountedBody:
    """A body whose bytes are counted as they are read."""

    def __init__(self, stream: Any, holding: Holding) -> None:
        self._stream, self._holding = stream, holding

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, or all.

        Raises:
            Overloaded, QuotaExceeded: what has arrived does not fit.
        """
        data: bytes = self._stream.read(size)
        self._holding.grow(len(data))
        return data


def _body_bytes(request: Request) -> int:
    """Bytes to expect; one for a body in chunks, which does not say."""
    if request.content_length is not None:
        return request.content_length
    return int("chunked" in request.headers.get("Transfer-Encoding", "").lower())
