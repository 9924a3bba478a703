"""What is read at each scrape is among all metrics, and nobody adds to it."""

from dataclasses import replace

from contracts.metric_gauges import GAUGES
from contracts.metrics import METRICS


def test_they_are_of_the_system_and_no_counters_in_redis() -> None:
    for name, gauge in GAUGES.items():
        assert METRICS[name] == replace(gauge, page="system", shared=False)
        assert not gauge.buckets
        assert not gauge.always
