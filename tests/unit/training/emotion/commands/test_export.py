"""``export`` writes the forms that are asked for, and their card."""

from pathlib import Path

import pytest

from models.classification import load_classifier
from training.cli import main
from training.shared.run_folder import RunFolder


def test_what_is_exported_is_printed_and_loads(
    classic_run: RunFolder, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "weights"
    options = ["--name", "bars-2", "--form", "float32", "--others", "--margin", "0.1", "--out", str(out)]
    assert main(["export", str(classic_run.path), "--data", str(folder), *options], {}) == 0
    assert sorted(path.name for path in out.iterdir()) == ["bars-2.float32.tflite", "bars-2.json"]
    card = load_classifier("bars-2", folder=out).card
    assert card.crop.margin == 0.1
    printed = capsys.readouterr().out
    assert f"{card.parameters:,} parameters" in printed
    assert f"Public test, float32: accuracy {card.scores['public_test']['accuracy']:.4f}" in printed
