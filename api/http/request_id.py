"""An id for every request, by which a client's report and the gateway's log lines find each other."""

import re
import secrets
import time
from contextlib import ExitStack
from typing import Final

from flask import Flask, Response, g, request

from contracts.logs import log_context

HEADER: Final = "X-Request-ID"
LONGEST: Final = 128
SIGNS: Final = "._:/+=@-"
_ACCEPTABLE: Final = re.compile(rf"[A-Za-z0-9{re.escape(SIGNS)}]{{1,{LONGEST}}}")
"""No spaces, quotes or control characters: the id is written into logs as it is."""


def install(app: Flask) -> None:
    """Give every request an id, its client's own if that is acceptable, and give it back with the answer.

    Every line that is logged until the request ends has the id in its context; what a stream logs later has not.
    """
    app.before_request(_begin)
    app.after_request(_give_back)
    app.teardown_request(_end)


def _begin() -> None:
    g.begun_at = time.time()
    sent = request.headers.get(HEADER, "")
    g.request_id = sent if _ACCEPTABLE.fullmatch(sent) else secrets.token_hex(16)
    g.log_context = ExitStack()
    g.log_context.enter_context(log_context(request_id=g.request_id))


def _give_back(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    return response


def _end(_: BaseException | None) -> None:
    context: ExitStack | None = g.pop("log_context", None)
    if context is not None:
        context.close()
