"""``detection evaluate`` prints the figures of any detector."""

import json
from pathlib import Path

import pytest

from support.faces import write_faces_zip
from training.cli import main


def test_the_figures_are_those_of_the_images_held_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "faces.zip"
    write_faces_zip(path, [f"hand_{number:03}.jpg" for number in range(312)])  # the 26th block of 12 is held back
    assert main(["detection", "evaluate", "--data", str(path), "--detector", "haar"], {}) == 0
    scores = json.loads(capsys.readouterr().out)
    assert (scores["pictures"], scores["empty_pictures"]) == (12, 0)
    assert scores["min_score"] == 0.5
    assert scores["recall"] == 0, "squares are no faces"


def test_an_unknown_detector_is_answered_with_the_known_ones(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detection", "evaluate", "--data", str(archive), "--detector", "hog"], {}) == 2
    assert "lite, haar, mtcnn, yunet" in capsys.readouterr().err
