"""What dashboards ask for is there: metrics, and what the rules record."""

import re
from pathlib import Path

import pytest
import yaml

from contracts.metrics import METRICS
from deploy.panels import DASHBOARDS, Dashboard, quantiles

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: str(dashboard.uid))
def test_expressions_name_metrics_that_there_are(dashboard: Dashboard) -> None:
    rules = yaml.safe_load((ROOT / "deploy/prometheus/rules/recording.yml").read_text())["groups"]
    recorded = {rule["record"] for group in rules for rule in group["rules"]}
    known = recorded | {f"{name}{part}" for name in METRICS for part in ("", "_bucket", "_sum", "_count")}
    for panel in dashboard.panels:
        assert panel.title
        for expression, legend in panel.lines:
            asked = set(re.findall(r"\b(?:mien|system)[a-z_:0-9]+\b", re.sub(r'"[^"]*"', "", expression)))
            assert asked <= known, (panel.title, asked - known)
            for label in re.findall(r"{{(\w+)}}", legend):
                assert label in {"instance", "alertname", "severity"} or any(
                    label in METRICS[name].labels for name in METRICS
                )


def test_what_happens_so_often_a_second_is_told_as_what_it_is() -> None:
    a_second = {"mien_http_requests_total": "reqps", "mien_redis_commands_total": "ops"}  # Grafana: req/s, ops/s
    for panel in (panel for dashboard in DASHBOARDS for panel in dashboard.panels):
        rates = [re.search(r"^(?:sum(?: by \(\w+\) )?\()?rate\((\w+)\[", expression) for expression, _ in panel.lines]
        counted = {found[1] for found in rates if found and not found[1].endswith("_seconds_total")}
        expected = {a_second.get(name, "cps") for name in counted}
        assert expected == {panel.unit} & {"cps", "ops", "reqps"}, panel.title


def test_quantiles_are_by_bucket_and_label() -> None:
    (median, name), (most, _) = quantiles("mien_job_wait_seconds", "queue")
    assert median == "histogram_quantile(0.5, sum by (le, queue) (rate(mien_job_wait_seconds_bucket[5m])))"
    assert name == "median {{queue}}"
    assert "0.95" in most
