"""kombu's transport for Redis, with one change: a channel keeps the client that it sends with.

kombu 5.7 builds a `redis.Redis` anew each time it sends, acknowledges or touches a message: four to six times a task,
60 to 90 µs each, and the connections stand in the channel's pool all the while. The client is safe to share between
threads, as its pool is.
"""

from typing import Any, Final

from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis

_SCHEMES: Final = ("redis", "rediss")


class Channel(kombu_redis.Channel):  # type: ignore[misc]
    """Keeps its client for as long as it keeps the pool of connections."""

    _kept: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:  # of the event loop, which kombu keeps itself
            return super()._create_client(asynchronous=True)
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = super()._create_client()
        return self._kept


class Transport(kombu_redis.Transport):  # type: ignore[misc]
    """What `redis://`, `rediss://` and `redis+socket://` mean after `use_kept_clients`."""

    Channel = Channel


def use_kept_clients() -> None:
    """Have kombu take this transport in this process, for connections that are made from now on.

    By the table of aliases, because kombu derives the transport from a URL's scheme alone: for a Unix socket it does
    not look at the one that Celery's `broker_transport` names.
    """
    for scheme in _SCHEMES:
        TRANSPORT_ALIASES[scheme] = f"{__name__}:Transport"
