"""Names of metrics, and the keys that name and labels make."""

import pytest

from contracts.metrics import FRAMES_ANALYZED, HELP, metric_key, parse_metric_key


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


def test_every_counter_has_a_help_text_and_a_name_that_prometheus_takes() -> None:
    assert all(name.startswith("mien_") and name.endswith("_total") for name in HELP)
    assert all(text.endswith(".") for text in HELP.values())
