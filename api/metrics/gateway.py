"""This gateway in Prometheus' words, all of its processes together: scraped of each gateway, and right when summed."""

import os
from collections.abc import Iterator

from prometheus_client.metrics_core import Metric
from prometheus_client.values import ValueClass

from api.http.request_metrics import RequestMetrics
from api.metrics.families import gauge
from api.metrics.process_tree import ProcessTree
from contracts.process import project_version


def gateway_families(requests: RequestMetrics) -> Iterator[Metric]:
    """What the processes have counted, and what they take."""
    yield gauge("mien_build_info", ((project_version(),), 1))
    yield from requests.collect()
    many = getattr(ValueClass, "_multiprocess", False)
    first = os.getppid() if many else os.getpid()
    tree = ProcessTree(first)
    yield gauge("mien_gateway_processes", ((), max(1, tree.children) if many else 1))
    yield from tree.families()
