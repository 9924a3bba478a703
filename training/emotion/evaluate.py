"""Measures a classifier, exactly as it is served, on test images."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from training.emotion.duplicates import without_duplicates
from training.emotion.metrics import (
    accuracy,
    agreement_with_votes,
    calibration_error,
    confusion,
    interval,
    macro_f1,
    negative_log_likelihood,
    per_class,
    reliability,
)
from training.emotion.robustness import DAMAGES
from training.shared.fer2013 import Split

Predict = Callable[[np.ndarray], np.ndarray]
"""uint8 [N, 48, 48] → probabilities [N, 7]."""

OVERFITTED: Final = 0.1
"""A training accuracy this much above the test accuracy is worth a warning."""


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


def measure_robustness(predict: Predict, test: Split) -> dict[str, Any]:
    """Accuracy on damaged copies of the test images, and how much is lost on the mean."""
    clean = accuracy(predict(test.images), test.labels)
    damaged = {
        name: accuracy(predict(np.stack([damage(image) for image in test.images])), test.labels)
        for name, damage in DAMAGES.items()
    }
    return {"clean": clean, "damaged": damaged, "mean_drop": clean - float(np.mean(list(damaged.values())))}


def measure_overfitting(predict: Predict, training: Split, validation: Split, seed: int = 0) -> dict[str, Any]:
    """Accuracy on images that were learned and on images that were held out; ``overfitted`` if they lie far apart."""
    chosen = np.random.default_rng(seed).permutation(len(training))[: len(validation)]
    seen = training.take(chosen)
    learned = accuracy(predict(seen.images), seen.labels)
    held_out = accuracy(predict(validation.images), validation.labels)
    return {"training": learned, "validation": held_out, "overfitted": learned - held_out > OVERFITTED}
