"""An id for every request, by which a client's report and the gateway's log lines find each other."""

import re
import secrets
from typing import Final

from flask import Flask, Response, g, request

HEADER: Final = "X-Request-ID"
LONGEST: Final = 128
SIGNS: Final = "._:/+=@-"
_ACCEPTABLE: Final = re.compile(rf"[A-Za-z0-9{re.escape(SIGNS)}]{{1,{LONGEST}}}")
"""No spaces, quotes or control characters: the id is written into logs as it is."""


def install(app: Flask) -> None:
    """Give every request an id, its client's own if that is acceptable, and give it back with the answer."""
    app.before_request(_begin)
    app.after_request(_give_back)


def _begin() -> None:
    sent = request.headers.get(HEADER, "")
    g.request_id = sent if _ACCEPTABLE.fullmatch(sent) else secrets.token_hex(16)


def _give_back(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    return response
