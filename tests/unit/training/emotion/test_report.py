"""A report says what was measured, as a page and as Markdown."""

import json
from pathlib import Path
from typing import Any

import pytest

from models.weights import WEIGHTS
from training.emotion.report import write_comparison, write_report

EVALUATIONS = Path(__file__).parents[4] / "docs/evaluation"
SHIPPED = EVALUATIONS / "mien-2"


@pytest.fixture
def card() -> dict[str, Any]:
    return dict(json.loads((WEIGHTS / "mien-2.json").read_text()))


@pytest.fixture
def scores() -> dict[str, Any]:
    return dict(json.loads((SHIPPED / "scores.json").read_text()))


@pytest.mark.parametrize("name", sorted(path.parent.name for path in EVALUATIONS.glob("*/scores.json")))
def test_a_shipped_report_is_what_its_figures_give(tmp_path: Path, name: str) -> None:
    card = json.loads((WEIGHTS / f"{name}.json").read_text())
    scores = json.loads((EVALUATIONS / name / "scores.json").read_text())
    assert scores["file"] == card["file"]
    for written in write_report(card, scores, tmp_path):
        assert written.read_text(encoding="utf-8") == (EVALUATIONS / name / written.name).read_text(encoding="utf-8")


def test_the_summary_shows_every_plot_and_figure(tmp_path: Path, card: dict[str, Any], scores: dict[str, Any]) -> None:
    _, summary = write_report(card, scores, tmp_path)
    text = summary.read_text(encoding="utf-8")
    for plot in tmp_path.glob("*.png"):
        assert f"![{plot.stem}]({plot.name})" in text
    assert f"| {scores['public_test']['accuracy']:.2%} |" in text
    for name in (*scores["public_test"]["per_class"], *scores["robustness"]["damaged"]):
        assert f"| {name} |" in text
    for limit in card["limits"]:
        assert f"- {limit}" in text


def test_a_network_that_memorised_its_images_is_warned_of(
    tmp_path: Path, card: dict[str, Any], scores: dict[str, Any]
) -> None:
    page, _ = write_report(card, scores, tmp_path)
    assert "<p class=warning>" not in page.read_text(encoding="utf-8")
    scores["overfitting"] = {"training": 0.9, "validation": 0.6, "overfitted": True}
    page, summary = write_report(card, scores, tmp_path)
    assert "<p class=warning>Accuracy on training images 90.0%" in page.read_text(encoding="utf-8")
    assert "on images held out 60.0%" in summary.read_text(encoding="utf-8")


def test_networks_side_by_side_are_linked_with_their_reports(tmp_path: Path, scores: dict[str, Any]) -> None:
    page, summary = write_comparison({"mien-2": scores, "other": scores}, tmp_path)
    text = summary.read_text(encoding="utf-8")
    assert "[other](other/README.md)" in text
    assert "| what | mien-2 | other | wanted |" in text
    for plot in tmp_path.glob("*.png"):
        assert f"![{plot.stem}]({plot.name})" in text
        assert f'<img src="{plot.name}"' in page.read_text(encoding="utf-8")
    assert '<a href="other/index.html">other</a>' in page.read_text(encoding="utf-8")
