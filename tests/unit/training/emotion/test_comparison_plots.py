"""Plots of networks side by side come out as images, with one and with two heads."""

import json
from pathlib import Path

import cv2

from training.emotion.comparison_plots import COMPARISONS
from training.emotion.plots import draw_comparison

SCORES = Path(__file__).parents[4] / "docs/evaluation/mien-2/scores.json"


def test_every_comparison_is_drawn_for_one_network_and_for_more(tmp_path: Path) -> None:
    scores = json.loads(SCORES.read_text())
    figures = scores["heads"]["fer2013"]
    without_votes = {"fer2013": {name: value for name, value in figures.items() if name != "votes"}}
    networks = {"one": scores, "two heads": scores | {"heads": {"fer2013": figures, "people": figures}}}
    for name, shown in (("two", networks), ("single", {"no votes": scores | {"heads": without_votes}})):
        folder = tmp_path / name
        folder.mkdir()
        assert draw_comparison(shown, folder) == [f"{plot}.png" for plot in COMPARISONS]
    for plot in COMPARISONS:
        pair = [cv2.imread(str(tmp_path / name / f"{plot}.png")) for name in ("two", "single")]
        assert all(image is not None and image.std() > 5 for image in pair)
        assert (pair[0] != pair[1]).any()
