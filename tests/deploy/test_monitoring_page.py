"""docs/monitoring.md and the runbooks say what there is: every metric, every reason, every alert, and nothing else."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.metrics import METRICS, REFUSALS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def section(title: str, page: str = PAGE) -> str:
    """A section, up to the next heading of its level or a higher one."""
    level = title.partition(" ")[0]
    found = re.search(rf"^{re.escape(title)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"there is no {title}"
    return found[1]


def metric_rows(page: str) -> list[str]:
    """The rows of the table of a page's metrics."""
    rows = ["| metric | kind | meaning |", "| --- | --- | --- |"]
    for name, metric in METRICS.items():
        if metric.page == page:
            labels = "{" + ", ".join(metric.labels) + "}" if metric.labels else ""
            rows.append(f"| `{name}{labels}` | {metric.kind} | {metric.help} |")
    return rows


def alerts() -> dict[str, dict[str, Any]]:
    """All alerts by name."""
    groups = yaml.safe_load((ROOT / "deploy/prometheus/rules/alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


@pytest.mark.parametrize(("title", "page"), [("### Of a gateway", "gateway"), ("### Of the system", "system")])
def test_every_metric_is_explained(title: str, page: str) -> None:
    rows = [line for line in section(title).splitlines() if line.startswith("|")]
    assert rows == metric_rows(page), "write the table anew:\n" + "\n".join(metric_rows(page))


def test_every_reason_of_a_refusal_is_explained() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section("### Reasons of a refusal"), re.MULTILINE))
    assert rows == {"reason": "what it stands for"} | REFUSALS


def test_every_alert_is_listed_with_its_severity_and_its_runbook() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\((\S+)\) \| (\w+) \| .+ \|$", section("## Alerts"), re.MULTILINE)
    listed = {name: (severity, target) for name, target, severity in rows}
    assert listed == {
        name: (alert["labels"]["severity"], f"operations.md#{name.lower()}") for name, alert in alerts().items()
    }


def test_every_alert_has_its_runbook_and_every_runbook_an_alert() -> None:
    part = section("## Alerts", OPERATIONS)
    assert re.findall(r"^### (\S+)$", part, re.MULTILINE) == list(alerts())
    for name, alert in alerts().items():
        runbook = section(f"### {name}", part)
        said = re.findall(r"\*\*(Means|Look at|Do|do)\*\*", runbook)
        assert {word.lower() for word in said} == {"means", "look at", "do"}, name
        assert f"({alert['labels']['severity']})" in runbook, name


def test_runbooks_lead_where_they_say() -> None:
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", OPERATIONS, re.MULTILINE)
    }
    for target in re.findall(r"\]\(#([\w-]+)\)", section("## Alerts", OPERATIONS)):
        assert target in headings, target
