"""Rules and alerts: sound, tried in a case each that fires and one that does not, and with a runbook."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.metrics import METRICS
from support.prometheus import RULES, promtool

FILES = sorted(RULES.glob("*.yml"))
CASES = sorted((RULES / "tests").glob("*.yml"))
SEVERITIES = {"critical", "warning", "info"}


def rules(kind: str) -> list[dict[str, Any]]:
    groups = (group for file in FILES for group in yaml.safe_load(file.read_text())["groups"])
    return [rule for group in groups for rule in group["rules"] if kind in rule]


ALERTS = {rule["alert"]: rule for rule in rules("alert")}


def test_promtool_takes_all_rules_and_the_configuration(root: Path) -> None:
    done = promtool("check", "rules", *FILES)
    assert done.returncode == 0, done.stdout + done.stderr
    done = promtool("check", "config", root / "deploy/prometheus/prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_block_that_names_an_alertmanager_is_good_once_its_comment_signs_are_off(
    root: Path, tmp_path: Path
) -> None:
    text = (root / "deploy/prometheus/prometheus.yml").read_text()
    assert "alerting" not in yaml.safe_load(text), "nobody is there to be told, as delivered"
    block = re.search(r"^# alerting:\n(?:#  .*\n)+", text, re.MULTILINE)
    assert block
    open_text = text.replace(block[0], re.sub(r"^# ", "", block[0], flags=re.MULTILINE))
    file = tmp_path / "prometheus.yml"
    file.write_text(open_text.replace("rules/*.yml", f"{RULES}/*.yml"))
    done = promtool("check", "config", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert yaml.safe_load(open_text)["alerting"]["alertmanagers"]


def test_runbooks_get_an_address_as_the_page_says(root: Path) -> None:
    page = (root / "docs/monitoring.md").read_text(encoding="utf-8")
    said = re.search(r"^sed -i '(s\|runbook_url.+)' /etc", page, re.MULTILINE)
    assert said
    done = subprocess.run(["sed", said[1], RULES / "alerts.yml"], capture_output=True, text=True, check=True)
    groups = yaml.safe_load(done.stdout)["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        assert rule["annotations"]["runbook_url"].startswith("https://"), rule["alert"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_alerts_fire_when_they_should(case: Path) -> None:
    done = promtool("test", "rules", case)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    fires, quiet = set[str](), set[str]()
    for file in CASES:
        for test in yaml.safe_load(file.read_text())["tests"]:
            for tried in test.get("alert_rule_test", ()):
                (fires if tried["exp_alerts"] else quiet).add(tried["alertname"])
    assert fires == quiet == set(ALERTS)


def test_every_alert_says_what_is_wrong_and_where_its_runbook_is() -> None:
    for name, alert in ALERTS.items():
        assert name.startswith("Mien")
        assert alert["labels"]["severity"] in SEVERITIES, name
        assert alert["for"], name
        notes = alert["annotations"]
        assert notes["summary"], name
        assert notes["description"].endswith("."), name
        assert notes["runbook_url"].endswith(f"docs/operations.md#{name.lower()}"), name


def test_rules_ask_for_metrics_that_there_are() -> None:
    known = {part for name, metric in METRICS.items() for part in (name, *parts(name, metric.kind))}
    recorded = {rule["record"] for rule in rules("record")}
    for rule in [*rules("alert"), *rules("record")]:
        asked = set(re.findall(r"\b(?:mien|system)[a-z_:0-9]+\b", re.sub(r'"[^"]*"', "", rule["expr"])))
        assert asked <= known | recorded, (rule, asked - known - recorded)


def parts(name: str, kind: str) -> list[str]:
    return [f"{name}_{part}" for part in ("bucket", "sum", "count")] if kind == "histogram" else []
