"""The counters that many processes add to.

Workers come and go and have no port of their own; a counter in Redis survives them, and the gateway shows it.
"""

from redis import Redis

from contracts.storage import keys
from contracts.storage.connections import translate_errors


class CounterStore:
    """Counters shared by all processes. Labels travel in the field: ``name{label="value"}``."""

    def __init__(self, redis: Redis) -> None:
        """Use the broker Redis."""
        self._redis = redis

    def add(self, amounts: dict[str, float]) -> None:
        """Add to several counters in one round trip. Fields come from `contracts.metrics.metric_key`."""
        with translate_errors(), self._redis.pipeline(transaction=False) as pipe:
            for name, amount in amounts.items():
                pipe.hincrbyfloat(keys.COUNTERS, name, amount)
            pipe.execute()

    def read(self) -> dict[str, float]:
        """All counters by field."""
        with translate_errors():
            found = self._redis.hgetall(keys.COUNTERS)
        return {name.decode(): float(value) for name, value in found.items()}
