"""The time that a request's body may take: a client that sends a byte now and then holds a connection for ever."""

import time
from collections.abc import Iterable
from typing import Any

import gevent

from contracts.errors import RequestTooSlow

_BODY_S = 30.0


class BodyTimeoutMiddleware:
    """WSGI middleware, for servers on gevent: a view that reads a body which does not arrive in time gets an error."""

    def __init__(self, app: Any, seconds: float = _BODY_S) -> None:
        self._app, self._seconds = app, seconds

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request."""
        environ["wsgi.input"] = _Body(environ["wsgi.input"], self._seconds)
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer


class _Body:
    """A body; the time counts from the first read on."""

    def __init__(self, stream: Any, seconds: float) -> None:
        self._stream, self._seconds = stream, seconds
        self._end: float | None = None

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, or all.

        Raises:
            RequestTooSlow: the time has run out. Gunicorn closes a connection whose body could not be read.
        """
        if self._end is None:
            self._end = time.monotonic() + self._seconds
        error = RequestTooSlow(f"The body did not arrive within {self._seconds:g} s.")
        left = self._end - time.monotonic()
        if left <= 0:
            raise error
        with gevent.Timeout(left, error):
            data: bytes = self._stream.read(size)
        return data
