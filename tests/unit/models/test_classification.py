"""Reading expressions from crops."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from contracts.emotions import EMOTIONS, VOTED
from contracts.errors import InvalidWeights
from models.classification import DEFAULT_MODEL, Classifier, load_classifier, softmax
from models.weights import WEIGHTS, available


@pytest.fixture
def classifier() -> Classifier:
    return load_classifier()


@pytest.fixture
def crops() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (9, 48, 48), np.uint8)


@pytest.mark.parametrize("name", available("emotion"))
def test_every_shipped_network_gives_probabilities(name: str, crops: np.ndarray) -> None:
    probabilities = load_classifier(name).predict(crops)
    assert probabilities.shape == (9, len(EMOTIONS))
    assert probabilities.dtype == np.float32
    assert (probabilities >= 0).all()
    assert np.allclose(probabilities.sum(1), 1, atol=1e-6)


def test_the_default_network_is_named(classifier: Classifier) -> None:
    assert classifier.name == DEFAULT_MODEL == load_classifier(DEFAULT_MODEL).name
    assert classifier.card.labels == EMOTIONS


def test_no_crops_give_no_rows(classifier: Classifier, crops: np.ndarray) -> None:
    assert classifier.predict(crops[:0]).shape == (0, 7)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((48, 48), np.uint8), np.zeros((1, 64, 64), np.uint8), np.zeros((1, 48, 48), np.float32)],
    ids=["one image", "another size", "another type"],
)
def test_arrays_of_another_form_are_refused(classifier: Classifier, wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8"):
        classifier.predict(wrong)


def test_labels_in_another_order_are_refused(tmp_path: Path) -> None:
    for path in WEIGHTS.glob("classic-1.*"):
        shutil.copy(path, tmp_path)
    card = tmp_path / "classic-1.json"
    card.write_text(card.read_text().replace('"Angry",', '"angry",', 1).replace('"angry",', '"Sad",', 1))
    with pytest.raises(InvalidWeights, match="order"):
        load_classifier("classic-1", folder=tmp_path)


def test_choices_of_voters_in_another_order_are_refused(tmp_path: Path) -> None:
    for path in WEIGHTS.glob("classic-1.*"):
        shutil.copy(path, tmp_path)
    path = tmp_path / "classic-1.json"
    card = json.loads(path.read_text()) | {"votes": {"labels": VOTED[::-1], "temperature": 1.0}}
    path.write_text(json.dumps(card))
    with pytest.raises(InvalidWeights, match="choices of voters in another order"):
        load_classifier("classic-1", folder=tmp_path)


def test_crops_are_cut_as_the_card_says(classifier: Classifier) -> None:
    photo = np.random.default_rng(3).integers(0, 256, (120, 160, 3), np.uint8)
    assert classifier.crop(photo, [(40, 30, 50, 50)]).shape == (1, 48, 48)
    assert classifier.crop(photo, []).shape == (0, 48, 48)


def test_softmax_stands_large_numbers() -> None:
    probabilities = softmax(np.array([[1000.0, 0, 0], [-1000, -1000, -1000]], np.float32))
    assert np.allclose(probabilities, [[1, 0, 0], [1 / 3] * 3])
