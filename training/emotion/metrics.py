"""Figures that say how good probabilities are."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from contracts.emotions import EMOTION_CHOICES, EMOTIONS

BINS: Final = 15
"""How many bins of confidence calibration is measured in (Guo et al., "On Calibration of Modern Neural Networks")."""


@dataclass(frozen=True)
class Bin:
    """Answers of about the same confidence."""

    count: int
    confidence: float
    accuracy: float


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose likeliest label is theirs."""
    return float((probabilities.argmax(1) == labels).mean())


def interval(share: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % confidence interval of a share of ``count`` trials."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return middle - half, middle + half


def coverage(probabilities: np.ndarray, labels: np.ndarray, share: float) -> float:
    """Accuracy on the ``share`` of the images whose answers are the surest."""
    count = max(1, round(share * len(labels)))
    surest = np.argsort(-probabilities.max(1), kind="stable")[:count]
    return accuracy(probabilities[surest], labels[surest])


def confusion(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Counts, int64 [7, 7]: true label by row, answer by column."""
    counts = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    np.add.at(counts, (labels, probabilities.argmax(1)), 1)
    return counts


def per_class(counts: np.ndarray) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and number of images of every label, from a confusion matrix; 0 where undefined."""
    result: dict[str, dict[str, float]] = {}
    for index, emotion in enumerate(EMOTIONS):
        hits, answered, images = counts[index, index], counts[:, index].sum(), counts[index].sum()
        result[emotion] = {
            "precision": float(hits / answered) if answered else 0.0,
            "recall": float(hits / images) if images else 0.0,
            "f1": float(2 * hits / (answered + images)) if answered + images else 0.0,
            "images": int(images),
        }
    return result


def macro_f1(counts: np.ndarray) -> float:
    """Mean of the F1 of all labels: rare ones weigh as much as frequent ones."""
    return float(np.mean([label["f1"] for label in per_class(counts).values()]))


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS) -> list[Bin]:
    """Confidence against accuracy in ``bins`` of equal width; empty bins count 0."""
    return _bins(probabilities.max(1), probabilities.argmax(1) == labels, bins)


def _bins(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> list[Bin]:
    """Sort answers by their confidence [N]; ``right`` [N] says whether, or how far, they are right."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        Bin(
            int(inside.sum()),
            float(confidence[inside].mean()) if inside.any() else 0.0,
            float(right[inside].mean()) if inside.any() else 0.0,
        )
        for inside in (place == number for number in range(bins))
    ]


def calibration_error(bins: list[Bin]) -> float:
    """Expected calibration error: the mean distance of confidence and accuracy, weighted by answers."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.confidence - each.accuracy) for each in bins) / total


def negative_log_likelihood(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean of -log of the probability of the true label, in nats."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12)).mean())


def agreement_with_votes(probabilities: np.ndarray, votes: np.ndarray) -> dict[str, float]:
    """How well probabilities fit the FER+ votes, for images where one of our labels has more votes than anything else.

    Not counted are ties, and images that most took for contempt, for nothing they knew, or for no face.

    Args:
        probabilities: [N, 7].
        votes: [N, 10].

    Returns:
        ``accuracy``: share that is answered with the voters' favourite; ``divergence``: mean Kullback-Leibler
        divergence of the answer from the votes, in nats; ``calibration_error``: as above, where an answer is right by
        the share of the voters who gave it; ``images``: how many were counted.
    """
    ours = votes[:, EMOTION_CHOICES]
    first, second = np.sort(votes, 1)[:, :-3:-1].T
    clear = (first > second) & (ours.max(1) == first)
    shares = ours[clear] / ours[clear].sum(1, keepdims=True)
    answers = np.maximum(probabilities[clear], 1e-12)
    divergence = np.where(shares > 0, shares * np.log(np.maximum(shares, 1e-12) / answers), 0).sum(1)
    return {
        "accuracy": accuracy(answers, shares.argmax(1)),
        "divergence": float(divergence.mean()),
        "calibration_error": calibration_error(
            _bins(answers.max(1), shares[np.arange(len(shares)), answers.argmax(1)])
        ),
        "images": float(clear.sum()),
    }
