"""The time that all processes share: the server's, whatever the clocks of their hosts say."""

from collections.abc import Callable

from redis import Redis

from contracts.storage.connections import translate_errors


def servers_clock(redis: Redis) -> Callable[[], float]:
    """A clock that asks the server, at the cost of a round trip: seconds since 1970.

    It raises `BrokerUnavailable` when the server does not answer.
    """

    def now() -> float:
        with translate_errors():
            seconds, microseconds = redis.time()
        return float(seconds + microseconds / 1e6)

    return now
