"""How many connections a gateway process keeps, in all and to one client's address.

A new connection always gets in: at the limit, one that waits for a request ends (of the client with the
most connections, or of the client that has its share), as nginx does with its idle ones. Where none waits, the new
one is served public views only, `/livez` among them; any other request is told to come again, and the connection ends.
"""

import resource
from collections import Counter
from collections.abc import Callable
from typing import Final

from api.http.proxies import TrustedProxies
from contracts.addresses import client_network
from contracts.errors import MienError, Overloaded, QuotaExceeded
from contracts.settings import Settings

SPARE: Final = 256
"""Connections beyond the limit that may be open for a moment, until they are refused or another one ends."""
_OTHER_FILES: Final = 128
_COME_AGAIN_S: Final = 2.0


class Connection:
    """One connection: whose it is, and whether a request is awaited on it."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.refusal: MienError | None = None
        self.expire: Callable[[], None] | None = None
        """Ends the wait for a request; None while one is served."""


class ConnectionLimiter:
    """All connections of a process. Not thread-safe: it lives on one event loop."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is connected yet."""
        self._limit = settings.max_connections
        self._client_limit = max(1, int(settings.max_connections * settings.client_share))
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._open: dict[Connection, None] = {}  # in the order in which they were opened
        self._by_client = Counter[str]()

    def open(self, address: str) -> Connection:
        """Count a new connection of this address, and end an idle one if that exceeds the limit."""
        connection = Connection(client_network(address))
        of_one = not self._proxies.trust(address)  # a proxy's connections are those of many clients
        if of_one and self._by_client[connection.client] >= self._client_limit:
            if not self._end_idle(connection.client):
                connection.refusal = QuotaExceeded(
                    "This client has as many connections as it may (MIEN_CLIENT_SHARE of MIEN_MAX_CONNECTIONS).",
                    retry_after=_COME_AGAIN_S,
                )
        elif len(self._open) >= self._limit and not (
            self._end_idle(self._by_client.most_common(1)[0][0]) or self._end_idle()
        ):
            connection.refusal = Overloaded(
                "This gateway has as many connections as it may (MIEN_MAX_CONNECTIONS).", retry_after=_COME_AGAIN_S
            )
        self._open[connection] = None
        self._by_client[connection.client] += 1
        return connection

    def close(self, connection: Connection) -> None:
        """Count a connection no more."""
        if self._open.pop(connection, connection) is None:
            self._forget(connection.client)

    def _end_idle(self, client: str = "") -> bool:
        """End the oldest wait for a request, of this client or of any; False if there is none."""
        for connection in self._open:
            if connection.expire is not None and client in ("", connection.client):
                connection.expire()
                self.close(connection)
                return True
        return False

    def _forget(self, client: str) -> None:
        self._by_client[client] -= 1
        if not self._by_client[client]:
            del self._by_client[client]


def allow_files(connections: int) -> int:
    """Raise this process's limit of open files to what so many connections need, as far as it may.

    Returns:
        How many connections may be open.
    """
    needed = connections + SPARE + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    return connections if soft == resource.RLIM_INFINITY else max(1, min(connections, soft - SPARE - _OTHER_FILES))
