"""``serving-fit`` prints framings, the best one first."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from contracts.emotions import EMOTIONS
from support.pictures import ASTRONAUT_FACE, astronaut
from support.training import make_split, write_folders
from training.cli import main
from training.shared.fer2013 import Fer2013, Split


@pytest.fixture
def portraits(tmp_path: Path) -> Path:
    """FER2013 in which every label has one face, in twenty shades: a detector finds it."""
    left, top, width, height = ASTRONAUT_FACE
    face = astronaut()[top : top + height, left : left + width]
    grey = cv2.resize(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), (48, 48), interpolation=cv2.INTER_AREA)
    labels = np.repeat(np.arange(len(EMOTIONS)), 20)
    images = np.stack([np.clip(grey * (1 + 0.01 * (number % 20)), 0, 255) for number in range(len(labels))])
    split = Split(images.astype(np.uint8), labels, tuple(f"{number}.png" for number in range(len(labels))))
    write_folders(tmp_path / "portraits", Fer2013(split, split.take(np.arange(0, 140, 20))))
    return tmp_path / "portraits"


def test_the_best_framings_are_printed(portraits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serving-fit", "--data", str(portraits), "--images", "7"], {}) == 0
    printed = capsys.readouterr().out
    assert "lite finds a face in 7 of 7 images." in printed
    rows = [line.split("|") for line in printed.splitlines() if line.startswith(("| +", "| -0"))]
    accuracies = [float(row[5]) for row in rows[:12]]
    assert accuracies == sorted(accuracies, reverse=True)
    assert {row[4].strip() for row in rows[12:]} == {"none", "stretch", "equalise"}


def test_images_without_a_face_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_folders(tmp_path / "bars", Fer2013(make_split(20, 0, 1, votes=False), make_split(3, 1000, 2, votes=False)))
    assert main(["serving-fit", "--data", str(tmp_path / "bars"), "--images", "2"], {}) == 2
    assert "finds no face" in capsys.readouterr().err
