"""Bodies of requests take memory from the first byte until their images are stored: how much that may be at once."""

from flask import Flask, Request, g, request

from api.services import services
from contracts.settings import Settings


def install(app: Flask, settings: Settings) -> None:
    """Count the bodies of the two views that read some, before one byte of them is read."""
    longest = {"detect.detect_emotion": settings.max_body_bytes, "jobs.create_job": settings.max_job_bytes}

    def take_room() -> None:
        """Hold room for this request's body; one that is longer than allowed is refused by its view, unread."""
        limit = longest.get(request.endpoint or "", 0)
        size = _body_bytes(request, limit)
        if 0 < size <= limit:
            mien = services()
            mien.storing.check()  # what cannot be stored soon need not be read
            g.give_room_back = mien.bodies.enter(size)

    app.before_request(take_room)
    app.teardown_request(lambda _: release())


def release() -> None:
    """The images are stored: whoever waits for the result holds no room, and no files, meanwhile."""
    leave = g.pop("give_room_back", None)
    if leave is not None:
        request.close()
        leave()


def _body_bytes(request: Request, limit: int) -> int:
    """Bytes to expect; a body in chunks does not say and may have as many as are allowed."""
    if request.content_length is not None:
        return request.content_length
    return limit if "chunked" in request.headers.get("Transfer-Encoding", "").lower() else 0
