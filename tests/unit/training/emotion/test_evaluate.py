"""Evaluation of a classifier on test images."""

import json

import numpy as np

from training.emotion.data import Fer2013
from training.emotion.duplicates import without_duplicates
from training.emotion.evaluate import measure, measure_overfitting, measure_robustness
from training.emotion.robustness import DAMAGES


def oracle(data: Fer2013) -> dict[bytes, int]:
    return {
        image.tobytes(): int(label)
        for split in (data.train, data.public_test)
        for image, label in zip(split.images, split.labels, strict=True)
    }


def test_a_classifier_that_knows_the_answers_gets_full_marks(data: Fer2013) -> None:
    known = oracle(data)
    figures = measure(lambda x: np.eye(7)[[known[i.tobytes()] for i in x]], data.public_test, data.train)
    assert figures["accuracy"] == figures["macro_f1"] == 1
    assert figures["calibration_error"] == 0
    assert figures["votes"]["accuracy"] == 1
    assert json.loads(json.dumps(figures)) == figures


def test_damage_that_a_classifier_does_not_know_costs_it(data: Fer2013) -> None:
    known = oracle(data)
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


def test_damages_keep_the_form_and_repeat(data: Fer2013) -> None:
    image = data.public_test.images[0]
    for damage in DAMAGES.values():
        damaged = damage(image)
        assert damaged.shape == image.shape
        assert damaged.dtype == np.uint8
        assert not np.array_equal(damaged, image)
        assert np.array_equal(damaged, damage(image))


def test_copies_and_mirrored_copies_are_found(data: Fer2013) -> None:
    rng = np.random.default_rng(3)
    faces = rng.integers(0, 256, (6, 12, 12), np.uint8).repeat(4, 1).repeat(4, 2)
    seen, fresh = faces[:3], faces[3:]
    test = data.public_test.take(np.arange(6))
    test = type(test)(
        np.concatenate([seen[:1], seen[1:2, :, ::-1], np.clip(seen[2:] * 0.8 + 20, 0, 255).astype(np.uint8), fresh]),
        test.labels,
        test.names,
        test.votes,
    )
    training = data.train.take(np.arange(3))
    training = type(training)(seen, training.labels, training.names)
    assert without_duplicates(test, training).tolist() == [False, False, False, True, True, True]
