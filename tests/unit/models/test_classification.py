"""Reading expressions from crops."""

import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from contracts.emotions import EMOTIONS, VOTED
from contracts.errors import ConfigurationError, InvalidWeights
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


def test_two_heads_answer_in_one_pass_what_each_answers_alone(two_headed: Path, crops: np.ndarray) -> None:
    for runtime in ("litert", "keras"):
        both = load_classifier(str(two_headed), runtime)
        labels, votes = both.predict_both(crops)
        assert (labels.shape, votes.shape) == ((9, 7), (9, 8))
        assert np.array_equal(labels, both.predict(crops))
        assert np.array_equal(votes, both.predict_votes(crops))
        assert np.allclose(votes.sum(1), 1, atol=1e-6)
        assert {EMOTIONS[index] for index in labels.argmax(1)} == {"Sad"}
        assert {VOTED[index] for index in votes.argmax(1)} == {"contempt"}
        assert both.predict_votes(crops[:0]).shape == (0, 8)


def test_emotions_by_people_are_their_votes_without_contempt(two_headed: Path, crops: np.ndarray) -> None:
    both = load_classifier(str(two_headed))
    people, votes = both.predict_by("people", crops), both.predict_votes(crops)
    for index, choice in enumerate(("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")):
        expected = votes[:, VOTED.index(choice)] / (1 - votes[:, VOTED.index("contempt")])
        assert np.allclose(people[:, index], expected, atol=1e-6)
    assert {EMOTIONS[index] for index in people.argmax(1)} == {"Surprise"}
    assert np.array_equal(both.predict_by("fer2013", crops), both.predict(crops))


def test_another_form_of_a_network_is_loaded_by_its_name(crops: np.ndarray) -> None:
    served, exact = load_classifier("mien-2"), load_classifier("mien-2", form="float32")
    assert 0 < np.abs(served.predict(crops) - exact.predict(crops)).max() < 0.2


def test_a_network_with_one_head_says_that_it_has_no_other(crops: np.ndarray) -> None:
    single = load_classifier("classic-1")
    for ask in (single.predict_votes, single.predict_both, partial(single.predict_by, "people")):
        with pytest.raises(ConfigurationError, match=r"classic-1 has no head for people.*MIEN_MODEL"):
            ask(crops)


def test_a_file_whose_outputs_are_not_those_of_the_card_is_refused(two_headed: Path, tmp_path: Path) -> None:
    for path in two_headed.parent.iterdir():
        shutil.copy(path, tmp_path)
    card = tmp_path / two_headed.name
    card.write_text(json.dumps(json.loads(card.read_text()) | {"votes": None}))
    with pytest.raises(InvalidWeights, match=r"\[7, 8\] values where its card wants \[7\]"):
        load_classifier(str(card))


def test_crops_are_cut_as_the_card_says(classifier: Classifier) -> None:
    photo = np.random.default_rng(3).integers(0, 256, (120, 160, 3), np.uint8)
    assert classifier.crop(photo, [(40, 30, 50, 50)]).shape == (1, 48, 48)
    assert classifier.crop(photo, []).shape == (0, 48, 48)


def test_softmax_stands_large_numbers() -> None:
    probabilities = softmax(np.array([[1000.0, 0, 0], [-1000, -1000, -1000]], np.float32))
    assert np.allclose(probabilities, [[1, 0, 0], [1 / 3] * 3])
