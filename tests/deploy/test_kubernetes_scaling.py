"""How many of each there are, and by which figures."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.metrics import METRICS
from support.kubernetes import Manifest, build_overlay, name_of, of_kind, pods
from support.prometheus import promtool
from support.prometheus_rule import FILE, written


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    return build_overlay("production", tmp_path_factory.mktemp("kubernetes"))


def queries(manifests: list[Manifest]) -> list[tuple[str, str]]:
    return [
        (name_of(scaled), trigger["metadata"]["query"])
        for scaled in of_kind(manifests, "ScaledObject")
        for trigger in scaled["spec"]["triggers"]
    ]


def test_every_lane_of_workers_is_scaled_and_gateways_too(manifests: list[Manifest]) -> None:
    scaled = of_kind(manifests, "ScaledObject", "HorizontalPodAutoscaler")
    targets = {one["spec"]["scaleTargetRef"]["name"] for one in scaled}
    assert targets == {name for name in pods(manifests) if name.startswith("worker-")} | {"gateway"}
    for deployment in of_kind(manifests, "Deployment"):
        assert ("replicas" in deployment["spec"]) == (name_of(deployment) not in targets), "one of both decides"


def test_figures_are_of_the_system_and_exist_with_their_labels(manifests: list[Manifest]) -> None:
    for name, query in queries(manifests):
        for metric, selector in re.findall(r"(mien_\w+)\{(.*?)\}", query):
            assert METRICS[metric].page == "system", f"{name}: {metric} would be counted once a gateway"
            labels = set(re.findall(r"(\w+)=", selector)) - {"namespace"}
            assert labels <= set(METRICS[metric].labels), (name, metric)
        assert re.search(r"mien_\w+", query), name


def test_work_is_what_waits_and_what_was_begun_and_never_the_length_of_a_list(manifests: list[Manifest]) -> None:
    asked = {(name, metric) for name, query in queries(manifests) for metric in re.findall(r"mien_\w+", query)}
    for name in ("worker-interactive", "worker-bulk"):
        assert {(name, "mien_queue_open_images"), (name, "mien_queue_oldest_seconds")} <= asked
    assert ("worker-webhooks", "mien_webhooks_waiting") in asked
    assert not {one for one in asked if one[1] == "mien_queue_depth"}


def test_a_missing_figure_changes_nothing_and_fewer_come_slowly(manifests: list[Manifest]) -> None:
    for scaled in of_kind(manifests, "ScaledObject"):
        spec = scaled["spec"]
        assert all(trigger["metadata"]["ignoreNullValues"] == "false" for trigger in spec["triggers"])
        down = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
        assert down["stabilizationWindowSeconds"] >= 300
        assert spec.get("cooldownPeriod", 300) >= 300


def test_who_is_waited_for_is_never_scaled_to_none(manifests: list[Manifest]) -> None:
    least = {name_of(one): one["spec"]["minReplicaCount"] for one in of_kind(manifests, "ScaledObject")}
    assert least == {"worker-interactive": 2, "worker-bulk": 0, "worker-webhooks": 0}
    for scaled in of_kind(manifests, "ScaledObject"):
        if least[name_of(scaled)] == 0:  # the first piece of work starts the first worker
            for trigger in scaled["spec"]["triggers"]:
                assert trigger["metadata"]["activationThreshold"] == "0"


def test_alerts_are_those_of_prometheus(root: Path, manifests: list[Manifest]) -> None:
    assert FILE.read_text() == written(), "make kubernetes-rules"
    (rule,) = of_kind(manifests, "PrometheusRule")
    alerts = {one["alert"] for group in rule["spec"]["groups"] for one in group["rules"] if "alert" in one}
    assert {"MienNoWorker", "MienQueueOld"} <= alerts


def test_jobs_have_the_names_that_prometheus_rules_know(root: Path, manifests: list[Manifest]) -> None:
    configured = yaml.safe_load((root / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
    jobs = {one["job_name"]: one["metrics_path"] for one in configured if one["job_name"].startswith("mien-")}
    found = {}
    for monitor in of_kind(manifests, "ServiceMonitor"):
        (endpoint,) = monitor["spec"]["endpoints"]
        found[job_of(endpoint)] = endpoint["path"]
    assert found == jobs


def job_of(endpoint: dict[str, Any]) -> str:
    (job,) = [rule["replacement"] for rule in endpoint["relabelings"] if rule.get("targetLabel") == "job"]
    return str(job)


def test_the_system_is_the_same_series_whichever_pod_tells_of_it(manifests: list[Manifest], tmp_path: Path) -> None:
    endpoints = [endpoint for one in of_kind(manifests, "ServiceMonitor") for endpoint in one["spec"]["endpoints"]]
    (rules,) = [endpoint["relabelings"] for endpoint in endpoints if job_of(endpoint) == "mien-system"]
    stay = {"namespace": "mien", "service": "system-metrics"}
    goes = {"container": "mien", "endpoint": "metrics"}
    names = {"targetLabel": "target_label"}  # as Prometheus itself has them
    config = {
        "job_name": "system",
        "static_configs": [
            {"targets": ["10.0.0.1:9464"], "labels": {**stay, **goes, "pod": pod}} for pod in ("before", "after")
        ],
        "relabel_configs": [{names.get(name, name): value for name, value in rule.items()} for rule in rules],
    }
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump({"scrape_configs": [config]}))
    done = promtool("check", "service-discovery", file, "system")
    assert done.returncode == 0, done.stdout + done.stderr
    before, after = (target["labels"] for target in json.loads(done.stdout))
    assert before == after
    told = {name: value for name, value in after.items() if not name.startswith("__")}
    assert told == stay | {"job": "mien-system", "instance": "system"}
