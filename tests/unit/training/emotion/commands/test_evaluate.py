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
    page = (out / "index.html").read_text()
    summary = (out / "README.md").read_text()
    for plot in ("confusion", "reliability", "classes", "robustness"):
        assert f"{plot}.png" in page
        assert f"![{plot}]({plot}.png)" in summary
        assert (out / f"{plot}.png").stat().st_size > 5000
    assert "not a felt emotion" in page
    assert main(["evaluate", "--model", model, "--data", str(folder), "--private"], {}) == 2
    assert "no private test" in capsys.readouterr().err
