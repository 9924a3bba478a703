"""Families of samples as prometheus_client writes them, described by `contracts.metrics`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from contracts.metrics import METRICS, bucket_counts, parse_metric_key

_PARTS: Final = ("_bucket", "_sum")
"""What is kept of a histogram; see `contracts.metrics.observe`."""


def gauge(name: str, *samples: tuple[Sequence[str], float]) -> Metric:
    """A gauge of `contracts.metrics.METRICS`: the values of its labels, in order, with the value of each."""
    family = GaugeMetricFamily(name, METRICS[name].help, labels=METRICS[name].labels)
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


def counter(name: str, *samples: tuple[Sequence[str], float]) -> Metric:
    """The same for a counter."""
    family = CounterMetricFamily(name, METRICS[name].help, labels=METRICS[name].labels)
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


def shared(kept: Mapping[str, float]) -> Iterable[Metric]:
    """What all processes have counted in Redis; fields of other versions, which are not known here, are left out."""
    samples = {name: dict.fromkeys(one.always, 0.0) for name, one in METRICS.items() if one.shared and one.always}
    buckets = defaultdict[tuple[str, tuple[str, ...]], dict[str, float]](dict)
    sums = dict[tuple[str, tuple[str, ...]], float]()
    for field, value in sorted(kept.items()):
        name, labels = parse_metric_key(field)
        histogram, part = _split(name)
        known = METRICS.get(histogram)
        if known is None or not known.shared or not set(known.labels) <= labels.keys():
            continue
        values = tuple(labels[label] for label in known.labels)
        if part == "_bucket":
            buckets[histogram, values][labels.get("le", "")] = value
        elif part == "_sum":
            sums[histogram, values] = value
        else:
            samples.setdefault(name, {})[values] = value
    yield from (counter(name, *found.items()) for name, found in samples.items())
    yield from _histograms(buckets, sums)


def _split(name: str) -> tuple[str, str]:
    """The name of a histogram and which part of it this is; of all else, the name and nothing."""
    for part in _PARTS:
        whole = name.removesuffix(part)
        if whole != name and whole in METRICS:
            return whole, part
    return name, ""


def _histograms(
    buckets: Mapping[tuple[str, tuple[str, ...]], dict[str, float]], sums: Mapping[tuple[str, tuple[str, ...]], float]
) -> Iterable[Metric]:
    families = dict[str, HistogramMetricFamily]()
    for (name, labels), kept in buckets.items():
        if name not in families:
            families[name] = HistogramMetricFamily(name, METRICS[name].help, labels=METRICS[name].labels)
        families[name].add_metric(labels, bucket_counts(name, kept), sums.get((name, labels), 0.0))
    return families.values()


class _Given(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        return self._families


def page_of(families: Iterable[Metric]) -> bytes:
    """These families in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(families))
    return generate_latest(registry)
