"""The threshold that a card promises; that a run becomes a card is in ``commands/test_export.py``."""

from pathlib import Path

import numpy as np
import pytest

from training.detection.card import choose_score, export
from training.detection.dataset import LabelledImage, Split
from training.detection.evaluate import Report
from training.detection.metrics import Predictions
from training.shared.errors import TrainingError

FACE = np.array([[0, 0, 40, 40]], np.float32)


def image(annotator: str, boxes: np.ndarray) -> LabelledImage:
    landmarks = np.full((len(boxes), 5, 2), np.nan, np.float32)
    return LabelledImage("x", annotator, np.zeros((64, 64, 3), np.uint8), boxes, landmarks, bare=True)


def found(*scores: float) -> Predictions:
    return Predictions(np.repeat(FACE, len(scores), axis=0), np.array(scores, np.float32))


def test_the_threshold_lets_few_false_alarms_pass() -> None:
    images = [image("hand", FACE)] * 20 + [image("none", FACE[:0])] * 50
    answers = [found(0.9)] * 20 + [found(0.61)] * 2 + [found(0.31)] + [found()] * 47
    assert choose_score(Report(images, answers)) == 0.62, "at 0.61 there are 4 in 100, one more than 2 in 100"


def test_the_threshold_keeps_precision() -> None:
    images = [image("hand", FACE)] * 20
    answers = [found(0.9)] * 18 + [found(0.9, 0.41)] * 2
    assert choose_score(Report(images, answers)) == 0.42


def test_what_holds_no_run_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no finished run"):
        export(tmp_path, Split([], [], "0" * 64), name="x-1", out=tmp_path)
