"""Plots come out as images."""

import json
from pathlib import Path

import cv2

from training.emotion.plots import PLOTS, draw_curve, draw_plots

SCORES = Path(__file__).parents[4] / "docs/evaluation/mien-2/scores.json"


def test_every_plot_is_drawn(tmp_path: Path) -> None:
    names = draw_plots(json.loads(SCORES.read_text()), tmp_path)
    assert names == [f"{name}.png" for name in PLOTS]
    for name in names:
        image = cv2.imread(str(tmp_path / name))
        assert image is not None
        assert image.std() > 5


def test_a_learning_curve_is_drawn_from_the_first_epoch_on(tmp_path: Path) -> None:
    record = {"epoch": 1, "loss": 2.0, "validation_loss": 1.8, "validation_accuracy": 0.3}
    draw_curve([record], tmp_path / "one.png")
    draw_curve([record, record | {"epoch": 2, "loss": 1.0}], tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() != (tmp_path / "two.png").read_bytes()
