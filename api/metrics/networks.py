"""Which networks answer, and how far workers have followed the plan, in Prometheus' words."""

from collections import Counter
from collections.abc import Iterable, Sequence

from prometheus_client.metrics_core import Metric

from api.metrics.families import gauge
from contracts.networks import NetworkRecord
from contracts.storage.following import STATES, shares, state_of
from contracts.storage.heartbeat import WorkerReport


def networks(record: NetworkRecord | None, workers: Sequence[WorkerReport]) -> Iterable[Metric]:
    """The plan in force, unless it cannot be read (None), and what these live workers do with it."""
    yield gauge("mien_network_share", *(((name,), share) for name, share in shares(workers).items()))
    if record is not None:
        shadow = record.plan.shadow.network if record.plan.shadow else ""
        yield gauge("mien_network_plan_info", ((shadow, record.source), 1))
        yield gauge("mien_network_plan_set_time_seconds", ((), record.set_at))
    states = Counter(state_of(worker, record) for worker in workers)
    yield gauge("mien_worker_networks", *(((state,), states[state]) for state in STATES))
