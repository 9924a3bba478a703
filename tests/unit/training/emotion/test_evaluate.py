"""Evaluation of a classifier on test images."""

import json

import numpy as np

from support.training import labels_by_image
from training.emotion.evaluate import measure, measure_overfitting, measure_robustness
from training.emotion.robustness import DAMAGES
from training.shared.fer2013 import Fer2013


def test_a_classifier_that_knows_the_answers_gets_full_marks(data: Fer2013) -> None:
    known = labels_by_image(data)
    figures = measure(lambda x: np.eye(7)[[known[i.tobytes()] for i in x]], data.public_test, data.train)
    assert figures["accuracy"] == figures["macro_f1"] == 1
    assert figures["calibration_error"] == 0
    assert figures["votes"]["accuracy"] == 1
    assert json.loads(json.dumps(figures)) == figures


def test_damage_that_a_classifier_does_not_know_costs_it(data: Fer2013) -> None:
    known = labels_by_image(data)
    figures = measure_robustness(lambda x: np.eye(7)[[known.get(i.tobytes(), 0) for i in x]], data.public_test)
    assert figures["clean"] == 1
    assert set(figures["damaged"]) == set(DAMAGES)
    assert figures["mean_drop"] > 0.8


def test_learning_by_heart_is_called_overfitting(data: Fer2013) -> None:
    known = {image.tobytes(): int(label) for image, label in zip(data.train.images, data.train.labels, strict=True)}
    figures = measure_overfitting(
        lambda x: np.eye(7)[[known.get(i.tobytes(), 6) for i in x]], data.train, data.public_test
    )
    assert figures["overfitted"]
    assert figures["training"] == 1
