import sys

import pytest

from contracts.errors import ConfigurationError, InvalidWeights
from models import load_analyzer
from models.detection import DEFAULT_DETECTOR, DETECTORS, load_detector


def test_the_default_is_one_of_the_names():
    assert DEFAULT_DETECTOR in DETECTORS
    assert load_detector().name == DEFAULT_DETECTOR


def test_a_score_of_ones_own_replaces_the_default():
    assert load_detector("haar", min_score=0.25).min_score == 0.25


@pytest.mark.parametrize("score", [-0.1, 1.1])
def test_refuses_a_score_outside_its_range(score):
    with pytest.raises(ConfigurationError, match="min_score"):
        load_detector("haar", min_score=score)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ConfigurationError, match="haar"):
        load_detector("hog")


def test_yunet_says_which_setting_names_its_file(tmp_path):
    with pytest.raises(ConfigurationError, match="MIEN_YUNET_FILE"):
        load_detector("yunet")
    with pytest.raises(ConfigurationError, match="MIEN_YUNET_FILE"):
        load_analyzer("yunet")
    with pytest.raises(InvalidWeights, match="There is no YuNet file"):
        load_analyzer("yunet", yunet_file=str(tmp_path / "missing.onnx"))


def test_a_file_for_yunet_does_not_trouble_another_detector(tmp_path):
    assert load_analyzer("haar", yunet_file=str(tmp_path / "missing.onnx")).detector_name == "haar"


def test_yunet_refuses_a_damaged_file(tmp_path):
    damaged = tmp_path / "yunet.onnx"
    damaged.write_bytes(b"not a network")
    with pytest.raises(InvalidWeights, match="YuNet"):
        load_detector("yunet", weights=damaged)


def test_mtcnn_without_its_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "mtcnn", None)
    with pytest.raises(ConfigurationError, match="mtcnn,training"):
        load_detector("mtcnn")
