"""Detectors by name."""

from pathlib import Path

import pytest

from contracts.errors import ConfigurationError
from models import load_analyzer
from models.detection import DEFAULT_DETECTOR, DETECTORS, load_detector


def test_the_default_is_one_of_the_names() -> None:
    assert DEFAULT_DETECTOR in DETECTORS
    assert load_detector().name == DEFAULT_DETECTOR


def test_a_score_of_ones_own_replaces_the_default() -> None:
    assert load_detector("haar", min_score=0.25).min_score == 0.25


@pytest.mark.parametrize("score", [-0.1, 1.1])
def test_refuses_a_score_outside_its_range(score: float) -> None:
    with pytest.raises(ConfigurationError, match="min_score"):
        load_detector("haar", min_score=score)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="haar"):
        load_detector("hog")


def test_a_file_for_yunet_does_not_trouble_another_detector(tmp_path: Path) -> None:
    assert load_analyzer("haar", yunet_file=str(tmp_path / "missing.onnx")).detector_name == "haar"
