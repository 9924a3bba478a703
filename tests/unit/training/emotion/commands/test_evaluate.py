"""``evaluate`` prints figures and writes a report."""

import json
from pathlib import Path

import pytest

from training.cli import main


def test_evaluation_writes_figures_and_a_page(
    exported: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    model = str(exported / "bars-1.json")
    assert main(["evaluate", "--model", model, "--data", str(folder), "--out", str(out)], {}) == 0
    scores = json.loads((out / "scores.json").read_text())
    assert f"{scores['public_test']['accuracy']:.4f}" in capsys.readouterr().out
    assert scores["floating_point"]["points_lost"] == pytest.approx(
        100 * (scores["floating_point"]["accuracy"] - scores["public_test"]["accuracy"])
    )
    page = (out / "index.html").read_text()
    summary = (out / "README.md").read_text()
    for plot in ("confusion", "reliability", "classes", "robustness", "steadiness", "coverage"):
        assert f"{plot}.png" in page
        assert f"![{plot}]({plot}.png)" in summary
        assert (out / f"{plot}.png").stat().st_size > 5000
    assert "not a felt emotion" in page
    assert main(["evaluate", "--model", model, "--data", str(folder), "--private"], {}) == 2
    assert "no private test" in capsys.readouterr().err


def test_networks_are_compared_in_one_table_and_each_has_its_report(
    exported: Path, two_headed: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = ["--model", str(exported / "bars-1.json"), "--model", str(two_headed)]
    assert main(["evaluate", *models, "--data", str(folder), "--out", str(tmp_path / "out")], {}) == 0
    printed = capsys.readouterr().out
    assert "| what | bars-1 | heads-1 | wanted |" in printed
    assert "| what | bars-1 | heads-1 | wanted |" in (tmp_path / "out/README.md").read_text()
    for name in ("bars-1", "heads-1"):
        scores = json.loads((tmp_path / "out" / name / "scores.json").read_text())
        assert set(scores["heads"]) == {"fer2013", "people"}
        assert (tmp_path / "out" / name / "README.md").is_file()
