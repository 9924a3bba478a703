"""Measures a classifier, exactly as it is served, on test images."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from contracts.emotions import Head
from models.classification import Classifier, emotions_of_votes
from models.detection import Detector
from training.emotion.duplicates import without_duplicates
from training.emotion.metrics import (
    accuracy,
    agreement_with_votes,
    calibration_error,
    confusion,
    coverage,
    interval,
    macro_f1,
    negative_log_likelihood,
    per_class,
    reliability,
)
from training.emotion.robustness import DAMAGES
from training.emotion.serving_fit import look_for_faces
from training.emotion.steadiness import Read, measure_steadiness
from training.shared.errors import DataError
from training.shared.fer2013 import Fer2013, Split, hold_out

Predict = Callable[[np.ndarray], np.ndarray]
"""uint8 [N, 48, 48] → probabilities [N, 7]."""

OVERFITTED: Final = 0.1
"""A training accuracy this much above the test accuracy is worth a warning."""

COVERED: Final = tuple(round(0.05 * step, 2) for step in range(1, 21))
"""Shares of the surest answers whose accuracy is measured."""


def measure_all(
    classifier: Classifier,
    data: Fer2013,
    *,
    exact: Classifier | None = None,
    detector: Detector | None = None,
    private: bool = False,
) -> dict[str, Any]:
    """Take every measurement there is.

    Args:
        classifier: as it is served.
        data: that it was trained with.
        exact: the same network in floating point, for what 8 bits cost.
        detector: to be set before it.
        private: whether the private test is measured on.

    Returns:
        Plain numbers, lists and dictionaries, ready for JSON.

    Raises:
        DataError: there is no private test.
    """
    test = data.private_test if private else data.public_test
    if test is None:
        raise DataError("The data set holds no private test.")
    recipe = classifier.card.recipe
    training, validation = hold_out(data.train, float(str(recipe["validation"])), int(str(recipe["seed"])))
    result = {
        "file": classifier.card.file,
        "public_test": measure(classifier.predict, test, data.train),
        "heads": measure_heads(reader(classifier), test),
        "robustness": measure_robustness(classifier.predict, test),
        "overfitting": measure_overfitting(classifier.predict, training, validation),
    }
    if exact is not None:
        result["floating_point"] = measure_rounding(classifier.predict, exact.predict, test)
    if detector is not None:
        result["detected"] = measure_detected(classifier, detector, test)
    return result


def reader(classifier: Classifier) -> Read:
    """Read images with all heads that the classifier has, in one pass."""

    def read(images: np.ndarray) -> dict[Head, np.ndarray]:
        if classifier.card.votes is None:
            return {"fer2013": classifier.predict(images)}
        labels, votes = classifier.predict_both(images)
        return {"fer2013": labels, "people": emotions_of_votes(votes)}

    return read


def measure(predict: Predict, test: Split, training: Split | None = None) -> dict[str, Any]:
    """Measure probabilities on one test split.

    Args:
        predict: the classifier.
        test: images to measure on.
        training: where copies of the test images are looked for; by default nowhere.

    Returns:
        Plain numbers, lists and dictionaries, ready for JSON.
    """
    probabilities = predict(test.images)
    share = accuracy(probabilities, test.labels)
    counts = confusion(probabilities, test.labels)
    bins = reliability(probabilities, test.labels)
    low, high = interval(share, len(test))
    result: dict[str, Any] = {
        "images": len(test),
        "accuracy": share,
        "accuracy_interval_95": [low, high],
        "macro_f1": macro_f1(counts),
        "negative_log_likelihood": negative_log_likelihood(probabilities, test.labels),
        "calibration_error": calibration_error(bins),
        "reliability": [[each.count, each.confidence, each.accuracy] for each in bins],
        "coverage": [[part, coverage(probabilities, test.labels, part)] for part in COVERED],
        "per_class": per_class(counts),
        "confusion": counts.tolist(),
    }
    if test.votes is not None:
        result["votes"] = agreement_with_votes(probabilities, test.votes)
    if training is not None:
        alone = without_duplicates(test, training)
        result["without_duplicates"] = {
            "images": int(alone.sum()),
            "accuracy": accuracy(probabilities[alone], test.labels[alone]),
        }
    return result


def measure_heads(read: Read, test: Split) -> dict[Head, dict[str, Any]]:
    """What users notice of every head: how often it is right, by either question, and how steady it is."""
    steadiness = measure_steadiness(read, test.images)
    result: dict[Head, dict[str, Any]] = {}
    for head, probabilities in read(test.images).items():
        result[head] = {"accuracy": accuracy(probabilities, test.labels), **steadiness[head]}
        if test.votes is not None:
            result[head]["votes"] = agreement_with_votes(probabilities, test.votes)
    return result


def measure_robustness(predict: Predict, test: Split) -> dict[str, Any]:
    """Accuracy and calibration on damaged copies of the test images, and how much is lost on the mean."""
    clean = accuracy(predict(test.images), test.labels)
    damaged: dict[str, float] = {}
    errors: dict[str, float] = {}
    for name, damage in DAMAGES.items():
        probabilities = predict(np.stack([damage(image) for image in test.images]))
        damaged[name] = accuracy(probabilities, test.labels)
        errors[name] = calibration_error(reliability(probabilities, test.labels))
    return {
        "clean": clean,
        "damaged": damaged,
        "mean_drop": clean - float(np.mean(list(damaged.values()))),
        "calibration_error": errors,
        "mean_calibration_error": float(np.mean(list(errors.values()))),
    }


def measure_overfitting(predict: Predict, training: Split, validation: Split, seed: int = 0) -> dict[str, Any]:
    """Accuracy on images that were learned and on images that were held out; ``overfitted`` if they lie far apart."""
    chosen = np.random.default_rng(seed).permutation(len(training))[: len(validation)]
    seen = training.take(chosen)
    learned = accuracy(predict(seen.images), seen.labels)
    held_out = accuracy(predict(validation.images), validation.labels)
    return {"training": learned, "validation": held_out, "overfitted": learned - held_out > OVERFITTED}


def measure_rounding(served: Predict, exact: Predict, test: Split) -> dict[str, float]:
    """Compare a network as it is served with the same one in floating point."""
    answers, wanted = served(test.images), exact(test.images)
    share = accuracy(wanted, test.labels)
    return {
        "accuracy": share,
        "points_lost": 100 * (share - accuracy(answers, test.labels)),
        "same_label": accuracy(answers, wanted.argmax(1)),
    }


def measure_detected(classifier: Classifier, detector: Detector, test: Split) -> dict[str, Any]:
    """Read the faces that ``detector`` finds in the test images, each set into a surrounding, as a photo's are read.

    Returns:
        How many are found, the accuracy on them, and that on the same images as they are.
    """
    found, crops = [], [np.empty((0, *test.images.shape[1:]), np.uint8)]
    for number, scene in enumerate(look_for_faces(detector, test)):
        if scene is not None:
            found.append(number)
            crops.append(classifier.crop(scene.image, [scene.face], [scene.face.landmarks]))
    labels = test.labels[found]
    return {
        "detector": detector.name,
        "found": len(found),
        "accuracy": accuracy(classifier.predict(np.concatenate(crops)), labels) if found else 0.0,
        "accuracy_as_they_are": accuracy(classifier.predict(test.images[found]), labels) if found else 0.0,
    }
