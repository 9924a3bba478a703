"""Grafana's dashboards: ``python -m deploy.dashboards`` writes them from `deploy.panels` into ``grafana/dashboards/``.

A test holds the files against what this writes. They are of Grafana's schema 38 (version 10 and later read it).
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from deploy.panels import DASHBOARDS, Dashboard, Panel

FOLDER: Final = Path(__file__).parent / "grafana/dashboards"
DATASOURCE: Final = {"type": "prometheus", "uid": "mien-prometheus"}
"""As ``deploy/grafana/provisioning/datasources/`` names it."""
_WIDTH, _HEIGHT, _A_ROW = 12, 8, 2


def grafana(dashboard: Dashboard) -> dict[str, Any]:
    """A dashboard as Grafana reads it."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["mien"],
        "schemaVersion": 38,
        "editable": False,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "links": [{"type": "dashboards", "title": "Mien", "tags": ["mien"], "asDropdown": True, "keepTime": True}],
        "panels": [_panel(number, panel) for number, panel in enumerate(dashboard.panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    line, place = divmod(number, _A_ROW)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.note,
        "datasource": DATASOURCE,
        "gridPos": {"x": place * _WIDTH, "y": line * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "custom": {"lineWidth": 1, "fillOpacity": 5, "axisSoftMin": 0}},
            "overrides": [],
        },
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + index), "datasource": DATASOURCE, "expr": expression, "legendFormat": legend}
            for index, (expression, legend) in enumerate(panel.lines)
        ],
    }


def text_of(dashboard: Dashboard) -> str:
    """The file of a dashboard."""
    return json.dumps(grafana(dashboard), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all files."""
    argparse.ArgumentParser(prog="python -m deploy.dashboards", description="Write Grafana's dashboards.").parse_args()
    for dashboard in DASHBOARDS:
        (FOLDER / f"{dashboard.uid}.json").write_text(text_of(dashboard), encoding="utf-8")


if __name__ == "__main__":
    main()
