"""Metrics of networks are among all metrics, and what workers add to is told apart from what is read."""

from contracts.metrics import METRICS
from contracts.network_metrics import COUNTED, READ


def test_they_stand_on_the_page_of_the_system() -> None:
    for name, (kind, text, labels) in {**COUNTED, **READ}.items():
        metric = METRICS[name]
        assert (metric.kind, metric.help, metric.labels, metric.page) == (kind, text, labels, "system")
    assert {name for name in COUNTED if METRICS[name].shared} == set(COUNTED)
    assert not any(METRICS[name].shared for name in READ)


def test_no_label_has_values_without_a_bound() -> None:
    bounded = {"network", "answered_by", "emotion", "answered", "shadow", "agrees", "outcome", "of", "source", "state"}
    assert {label for _, _, labels in {**COUNTED, **READ}.values() for label in labels} == bounded
