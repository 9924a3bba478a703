"""Evaluation of a classifier on test images."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from contracts.emotions import EMOTIONS
from models.classification import load_classifier
from models.detection import load_detector
from support.pictures import ASTRONAUT_FACE, astronaut
from support.training import labels_by_image
from training.emotion.evaluate import (
    measure,
    measure_detected,
    measure_heads,
    measure_overfitting,
    measure_robustness,
    measure_rounding,
    reader,
)
from training.emotion.robustness import DAMAGES
from training.shared.fer2013 import Fer2013, Split


def test_a_classifier_that_knows_the_answers_gets_full_marks(data: Fer2013) -> None:
    known = labels_by_image(data)
    figures = measure(lambda x: np.eye(7)[[known[i.tobytes()] for i in x]], data.public_test, data.train)
    assert figures["accuracy"] == figures["macro_f1"] == 1
    assert figures["calibration_error"] == 0
    assert figures["votes"]["accuracy"] == 1
    assert figures["coverage"][-1] == [1, 1]
    assert json.loads(json.dumps(figures)) == figures


def test_damage_that_a_classifier_does_not_know_costs_it(data: Fer2013) -> None:
    known = labels_by_image(data)
    figures = measure_robustness(lambda x: np.eye(7)[[known.get(i.tobytes(), 0) for i in x]], data.public_test)
    assert figures["clean"] == 1
    assert set(figures["damaged"]) == set(DAMAGES)
    assert figures["mean_drop"] > 0.8
    assert set(figures["calibration_error"]) == set(DAMAGES)
    assert figures["mean_calibration_error"] > 0.8


def test_learning_by_heart_is_called_overfitting(data: Fer2013) -> None:
    known = {image.tobytes(): int(label) for image, label in zip(data.train.images, data.train.labels, strict=True)}
    figures = measure_overfitting(
        lambda x: np.eye(7)[[known.get(i.tobytes(), 6) for i in x]], data.train, data.public_test
    )
    assert figures["overfitted"]
    assert figures["training"] == 1


def test_both_heads_are_measured_in_one_pass(two_headed: Path, data: Fer2013) -> None:
    classifier = load_classifier(str(two_headed))
    read = reader(classifier)
    assert np.array_equal(
        read(data.public_test.images)["people"], classifier.predict_by("people", data.public_test.images)
    )
    figures = measure_heads(read, data.public_test)
    assert set(figures) == {"fer2013", "people"}
    for head, label in (("fer2013", "Sad"), ("people", "Surprise")):
        share = (data.public_test.labels == EMOTIONS.index(label)).mean()
        assert figures[head]["accuracy"] == figures[head]["votes"]["accuracy"] == share
        assert figures[head]["label_changes"] == 0
    assert set(reader(load_classifier("classic-1"))(data.public_test.images)) == {"fer2013"}


def test_rounding_is_compared_with_floating_point(data: Fer2013) -> None:
    labels = np.eye(7)[data.public_test.labels]
    wrong = labels.copy()
    wrong[0] = np.roll(wrong[0], 1)
    figures = measure_rounding(lambda _: wrong, lambda _: labels, data.public_test)
    count = len(data.public_test)
    assert figures == {
        "accuracy": 1,
        "points_lost": pytest.approx(100 / count),
        "same_label": pytest.approx(1 - 1 / count),
    }


def test_faces_are_read_as_a_detector_finds_them() -> None:
    """The photo's face is found, where noise has none."""
    left, top, width, height = ASTRONAUT_FACE
    grey = cv2.cvtColor(astronaut()[top : top + height, left : left + width], cv2.COLOR_RGB2GRAY)
    images = np.stack([cv2.resize(grey, (48, 48), interpolation=cv2.INTER_AREA), np.full((48, 48), 90, np.uint8)])
    classifier, detector = load_classifier("classic-1"), load_detector()
    label = int(classifier.predict(images[:1]).argmax())
    test = Split(images, np.array([label, 0], np.int64), ("face", "wall"))
    figures = measure_detected(classifier, detector, test)
    assert (figures["detector"], figures["found"], figures["accuracy_as_they_are"]) == (detector.name, 1, 1)
    assert figures["accuracy"] in (0, 1)
    nothing = measure_detected(classifier, detector, Split(images[1:], np.array([0], np.int64), ("wall",)))
    assert (nothing["found"], nothing["accuracy"]) == (0, 0)
