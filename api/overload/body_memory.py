"""Memory for request bodies: taken before the first byte is read, released when their images are stored."""

from flask import Flask, Request, g, request

from api.http.endpoint import current_endpoint
from api.overload.concurrency import ConcurrencyLimiter
from contracts.settings import Settings


class BodyMemory:
    """Counts the bodies of all views that declare one."""

    def __init__(self, settings: Settings, memory: ConcurrencyLimiter, storing: ConcurrencyLimiter) -> None:
        """Nothing is held yet.

        Args:
            settings: for the limits that views declare.
            memory: in bytes.
            storing: jobs that are being stored; a body whose job could not be stored soon need not be read.
        """
        self._settings, self._memory, self._storing = settings, memory, storing

    def install(self, app: Flask) -> None:
        """Hold memory for every request of this application that has a body."""
        app.before_request(self._acquire)
        app.teardown_request(lambda _: self.release())

    def release(self) -> None:
        """The images are stored: a client that waits for the result holds no memory, and no files, meanwhile."""
        release = g.pop("release_body_memory", None)
        if release is not None:
            request.close()
            release()

    def _acquire(self) -> None:
        """A body that is longer than its view allows takes nothing: the view refuses it unread."""
        endpoint = current_endpoint(request)
        if endpoint is None or endpoint.body is None:
            return
        limit = endpoint.body.limit(request, self._settings)
        request.max_content_length = limit
        size = _body_bytes(request, limit)
        if 0 < size <= limit:
            self._storing.check()
            g.release_body_memory = self._memory.acquire(size)


def _body_bytes(request: Request, limit: int) -> int:
    """Bytes to expect; a body in chunks does not say and may have as many as are allowed."""
    if request.content_length is not None:
        return request.content_length
    return limit if "chunked" in request.headers.get("Transfer-Encoding", "").lower() else 0
