"""One HTTP request to an address that a client chose: resolved once, checked, and called at exactly that address.

The name is resolved here and the connection made to the address that was checked, so a name server that answers
differently the second time changes nothing. Redirects are not followed; of the answer only the status is read, and
all of it has to be there in time, so that no receiver holds up a sender by answering a byte now and then.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

from contracts.addresses import AddressPolicy
from contracts.errors import WebhookRefused

TIMEOUT_S: Final = 10.0


class _PinnedConnection(http.client.HTTPConnection):
    """A connection to a host that is reached at an address given, whatever its name resolves to."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._address, self._context = address, context
        self._late = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()

    @contextmanager
    def limited(self) -> Iterator[None]:
        """End everything that is going on when the time is over.

        Raises:
            TimeoutError: it was.
        """
        timer = threading.Timer(TIMEOUT_S, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
            if self._late:  # what was cut off may look like a short answer
                raise TimeoutError
        except (OSError, http.client.HTTPException) as error:
            if not self._late:
                raise
            raise TimeoutError(f"no answer within {TIMEOUT_S:g} s") from error
        finally:
            timer.cancel()
            self.close()

    def _end(self) -> None:
        self._late = True
        if self.sock is not None:  # else it is still being opened, which has the same limit
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def post(url: str, body: bytes, headers: Mapping[str, str], policy: AddressPolicy) -> int:
    """Send a POST request.

    Returns:
        The status of the answer.

    Raises:
        WebhookRefused: the address is none that may be called.
        OSError, http.client.HTTPException: it could not be reached, or gave no answer.
    """
    parts = policy.check_url(url)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    address = _checked_address(host, port, policy)
    connection = _PinnedConnection(host, port, address, ssl.create_default_context() if secure else None)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with connection.limited():
        connection.request("POST", path, body, dict(headers))
        return connection.getresponse().status


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host, as its name servers tell them."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _checked_address(host: str, port: int, policy: AddressPolicy) -> str:
    """The first of the host's addresses, provided that all of them may be called."""
    found = resolve(host, port)
    for address in found:
        if not policy.permits(ipaddress.ip_address(address.partition("%")[0])):
            raise WebhookRefused(f"{host} leads to {address}, which is not a public address.", field="webhook")
    return found[0]
