"""Requests that a page of another origin has a browser make: refused, unless CORS allows the origin.

Without this, any page could have the browsers of its visitors embed the video and post jobs, to a gateway that only
they reach. Browsers say whose request it is in ``Sec-Fetch-Site``; they leave that out when the gateway is called over
plain HTTP by another machine, and then ``Origin`` says it, except for pictures and other files that are only embedded:
those are withheld from the page by the header ``Cross-Origin-Resource-Policy`` of every answer. Clients that are no
browsers send none of these headers.
"""

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Request, request

from api.access.cors import Origins
from contracts.errors import CrossSite

_OWN: Final = frozenset({"same-origin", "none"})
_PORTS: Final = {"http": 80, "https": 443}


def refuse_cross_site(app: Flask, origins: Origins) -> None:
    """Refuse the requests of pages of other origins before anything is read or done for them."""

    def check() -> None:
        if _foreign(request, origins):
            raise CrossSite(
                "A page of another origin may not ask this. Its origin has to be in MIEN_CORS_ORIGINS, and be sent: "
                'with fetch, or as <img crossorigin="anonymous">.',
                field="Origin",
            )

    app.before_request(check)


def _foreign(request: Request, origins: Origins) -> bool:
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin is not None and origins.allow(origin):
        return False
    if site is not None:
        return site not in _OWN and not _is_navigation(request)
    return origin is not None and not _is_own(origin, request.headers.get("Host", ""))


def _is_navigation(request: Request) -> bool:
    """Whether a person follows a link; the page that has it neither sees the answer nor frames it."""
    fetch = (request.headers.get("Sec-Fetch-Mode"), request.headers.get("Sec-Fetch-Dest"))
    return request.method in ("GET", "HEAD") and fetch == ("navigate", "document")


def _is_own(origin: str, host: str) -> bool:
    """Whether an origin is the one that this request was sent to. Behind a proxy with TLS the scheme is another."""
    try:
        page, called = urlsplit(origin), urlsplit(f"//{host}")
        default = _PORTS.get(page.scheme)
        return bool(page.hostname) and (page.hostname, page.port or default) == (
            called.hostname,
            called.port or default,
        )
    except ValueError:
        return False
