"""What a worker has counted."""

from contracts.storage.counters import CounterStore
from workers.services import Services


def counted(services: Services) -> dict[str, float]:
    """All counters by field, those that were on their way included."""
    services.counters.flush()
    return CounterStore(services.redis).read()
