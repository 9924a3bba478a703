"""Names of metrics, and the keys that name and labels make."""

import pytest

from contracts.metrics import (
    FRAMES_ANALYZED,
    JOB_WAIT,
    METRICS,
    bucket_counts,
    metric_key,
    observe,
    parse_metric_key,
)


@pytest.mark.parametrize(
    ("labels", "key"),
    [
        ({}, "mien_frames_analyzed_total"),
        ({"camera": "hall"}, 'mien_frames_analyzed_total{camera="hall"}'),
        ({"b": "2", "a": "GET /x?y={z}"}, 'mien_frames_analyzed_total{a="GET /x?y={z}",b="2"}'),
    ],
)
def test_a_key_is_in_prometheus_notation_and_parsed_back(labels: dict[str, str], key: str) -> None:
    assert metric_key(FRAMES_ANALYZED, **labels) == key
    assert parse_metric_key(key) == (FRAMES_ANALYZED, labels)


def test_every_metric_has_a_help_text_and_a_name_as_prometheus_asks_for() -> None:
    for name, metric in METRICS.items():
        assert name.startswith("mien_")
        assert metric.help.endswith((".", ")."))
        assert name.endswith("_total") == (metric.kind == "counter"), name
        assert bool(metric.buckets) == (metric.kind == "histogram"), name
        assert list(metric.buckets) == sorted(metric.buckets)
        assert not name.endswith(("_bucket", "_sum", "_count", "_ms", "_minutes")), name


def test_a_value_costs_a_histogram_two_additions_and_is_in_all_larger_buckets() -> None:
    amounts: dict[str, float] = {}
    for seconds in (0.01, 0.02, 0.02, 9_999.0):
        observe(amounts, JOB_WAIT, seconds, queue="bulk")
    sums = metric_key(f"{JOB_WAIT}_sum", queue="bulk")
    assert amounts.pop(sums) == pytest.approx(9_999.05)
    kept = {parse_metric_key(field)[1]["le"]: count for field, count in amounts.items()}
    assert kept == {"0.01": 1, "0.025": 2, "+Inf": 1}
    counts = dict(bucket_counts(JOB_WAIT, kept))
    assert (counts["0.01"], counts["0.025"], counts["3600.0"], counts["+Inf"]) == (1, 3, 3, 4)
    assert len(counts) == len(METRICS[JOB_WAIT].buckets) + 1
