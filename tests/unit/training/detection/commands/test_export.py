"""``detection export`` makes a run ready to be shipped."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from models.detection.lite import LiteDetector
from support.faces import write_faces_zip
from training.cli import main
from training.detection.dataset import read_faces
from training.detection.network import build
from training.detection.recipe import Recipe
from training.shared.run_folder import RunFolder


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """A ``faces.zip`` of which two blocks, one with faces and one without, are held back for validation."""
    path = tmp_path / "faces.zip"
    write_faces_zip(path, [f"hand_{number:03}.jpg" for number in range(312)])
    return path


@pytest.fixture
def run(tmp_path: Path, faces: Path) -> RunFolder:
    """A run that ended before it had learned anything."""
    run = RunFolder(tmp_path / "run")
    run.create(Recipe(), {"commit": "0" * 40, "data_sha256": read_faces(faces).data_sha256, "steps_done": 0})
    keras.utils.set_random_seed(0)
    build().save(run.path / "faces.keras")
    return run


def test_an_exported_detector_loads_with_its_card(
    run: RunFolder, faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "weights"
    options = ["--name", "squares-1", "--out", str(out)]
    assert main(["detection", "export", str(run.path), "--data", str(faces), *options], {}) == 0
    detector = LiteDetector(network="squares-1", folder=out)
    assert detector.card.recipe == json.loads(Recipe().model_dump_json()) | {"steps_done": 0}
    assert detector.card.scores["validation"]["pictures"] == 12
    assert detector.min_score == detector.card.min_score > detector.keep_score
    assert "right_by_score" in detector.card.scores["validation"]
    exact = LiteDetector(network="squares-1", folder=out, runtime="keras")
    assert exact.detect(np.zeros((64, 64, 3), np.uint8)) == []
    assert f"threshold {detector.min_score}" in capsys.readouterr().out


def test_a_run_on_other_data_is_not_exported(
    run: RunFolder, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_faces_zip(archive, ["hand_0.jpg"])
    assert main(["detection", "export", str(run.path), "--name", "x-1", "--data", str(archive)], {}) == 2
    assert "learned from other data" in capsys.readouterr().err
