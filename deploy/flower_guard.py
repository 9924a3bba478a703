"""What stands before Flower: a password for everything, reading only, no frames, and patience with wrong passwords.

Flower's own options are not enough: without ``read_only`` its password controls workers, its ``/metrics`` ask for none,
its pages may be framed, and passwords may be guessed as fast as it answers.
"""

import base64
import binascii
import hmac
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from flower.app import Flower
from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, HTTPServerRequest
from tornado.web import OutputTransform, RequestHandler

from contracts.addresses import client_network

_OPEN_PATH: Final = "/healthcheck"
"""Answers ``OK`` and nothing else, to the check of a container, which knows no password."""

_READING_POSTS: Final = frozenset({"/tasks/datatable"})
"""What Flower's pages ask by POST although it only reads."""

_HEADERS: Final = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

logger = logging.getLogger(__name__)


class FailedLogins:
    """How long a client has to wait after wrong passwords: nothing for the first few, then ever longer.

    A client is an IPv4 address, or the network of an IPv6 address.

    Args:
        clock: seconds, monotonic.
        free: failures without a wait.
        longest_s: the longest wait, and how long failures are remembered.
        most_addresses: addresses that are remembered; the oldest are forgotten first.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        free: int = 5,
        longest_s: float = 300.0,
        most_addresses: int = 1_000,
    ) -> None:
        self._clock = clock
        self._free = free
        self._longest_s = longest_s
        self._most_addresses = most_addresses
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """Seconds until the address may try again; 0 when it may."""
        address = client_network(address)
        count, last = self._failures.get(address, (0, 0.0))
        passed = self._clock() - last
        if count == 0 or passed > self._longest_s:
            self._failures.pop(address, None)
            return 0.0
        if count < self._free:
            return 0.0
        delay = min(self._longest_s, 2.0 ** min(count - self._free, 30))
        return max(0.0, delay - passed)

    def failed(self, address: str) -> None:
        """Count a wrong password."""
        address = client_network(address)
        count, _ = self._failures.pop(address, (0, 0.0))
        self._failures[address] = (count + 1, self._clock())
        while len(self._failures) > self._most_addresses:
            self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget the failures of an address that has given the right password."""
        self._failures.pop(client_network(address), None)


class ProtectedAnswer(OutputTransform):
    """Adds headers to every answer, also to static files and errors."""

    def __init__(self, request: HTTPServerRequest) -> None:
        """Nothing of the request matters."""

    def transform_first_chunk(
        self,
        status_code: int,
        headers: HTTPHeaders,
        chunk: bytes,
        finishing: bool,  # noqa: ARG002
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Called by Tornado before the headers are sent."""
        for name, value in _HEADERS.items():
            headers[name] = value
        headers.pop("Server", None)  # Tornado's name and version
        return status_code, headers, chunk


class GuardedFlower(Flower):  # type: ignore[misc]  # Flower is not typed
    """Flower behind the guard.

    Args:
        credentials: user and password, separated by a colon.
        logins: failures so far.
        options: Flower's own, as its documentation lists them, and Tornado's.
    """

    def __init__(self, credentials: str, logins: FailedLogins | None = None, **options: Any) -> None:
        self._credentials = credentials.encode()
        self._logins = logins or FailedLogins()
        super().__init__(transforms=[ProtectedAnswer], **options)

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate:
        """Called by Tornado when the headers of a request have been read: refuse it, or let Flower answer."""
        refusal = self._refusal(request)
        handler: HTTPMessageDelegate
        if refusal:
            handler = self.get_handler_delegate(request, _Refused, {"refusal": refusal})
        else:
            handler = super().find_handler(request, **kwargs)
        return handler

    def _refusal(self, request: HTTPServerRequest) -> "_Refusal | None":
        if request.path == _OPEN_PATH and request.method in ("GET", "HEAD"):
            return None
        address = request.remote_ip or ""
        given = request.headers.get("Authorization")
        if given is not None:  # a browser asks without a password first, which is no guess
            wait = self._logins.wait_s(address)
            if wait > 0:
                seconds = str(math.ceil(wait))
                return _Refusal(HTTPStatus.TOO_MANY_REQUESTS, "Too many wrong passwords.", {"Retry-After": seconds})
        if given is None or not self._is_right(given):
            if given is not None:
                self._logins.failed(address)
                logger.warning("A wrong password from %s.", address)
            challenge = {"WWW-Authenticate": 'Basic realm="flower"'}
            return _Refusal(HTTPStatus.UNAUTHORIZED, "A password is needed.", challenge)
        self._logins.succeeded(address)
        if request.method not in ("GET", "HEAD") and request.path not in _READING_POSTS:
            return _Refusal(HTTPStatus.FORBIDDEN, "Flower may look here, and change nothing.", {})
        return None

    def _is_right(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(given, self._credentials)


class _Refusal:
    """Why a request is not answered."""

    def __init__(self, status: HTTPStatus, message: str, headers: dict[str, str]) -> None:
        self.status = status
        self.message = message
        self.headers = headers


class _Refused(RequestHandler):
    """Answers any method with the refusal."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS")

    def initialize(self, refusal: _Refusal) -> None:
        """Take what to say."""
        self._refusal = refusal

    def prepare(self) -> None:
        """Answer before any method is looked for."""
        self.set_status(self._refusal.status)
        for name, value in self._refusal.headers.items():
            self.set_header(name, value)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(self._refusal.message)

    def check_xsrf_cookie(self) -> None:
        """It changes nothing."""
