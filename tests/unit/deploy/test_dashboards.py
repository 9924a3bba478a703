"""Grafana's JSON: placed in a grid, each panel with its expressions."""

from deploy.dashboards import DATASOURCE, grafana
from deploy.panels import DASHBOARDS, OVERVIEW


def test_panels_stand_two_in_a_row_and_ask_what_they_are_given() -> None:
    made = grafana(OVERVIEW)
    assert [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in made["panels"][:3]] == [(0, 0), (12, 0), (0, 8)]
    for panel, meant in zip(made["panels"], OVERVIEW.panels, strict=True):
        assert [(line["expr"], line["legendFormat"]) for line in panel["targets"]] == list(meant.lines)
        assert panel["datasource"] == DATASOURCE
    assert len({panel["id"] for panel in made["panels"]}) == len(made["panels"])


def test_every_dashboard_has_an_address_and_a_title_of_its_own() -> None:
    made = [grafana(dashboard) for dashboard in DASHBOARDS]
    assert len({one["uid"] for one in made}) == len({one["title"] for one in made}) == len(made)
