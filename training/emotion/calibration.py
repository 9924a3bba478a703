"""Calibration: one temperature and an offset for each label, so that confidence equals accuracy.

The temperature is that of Guo et al., "On Calibration of Modern Neural Networks", 2017. The offsets undo what soft
targets do to rare labels: voters hardly ever say "disgust", and a network that learned from votes says it too rarely.
Both go into the weights of the last layer.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.classification import softmax

_STEPS: Final = 800
_RATE: Final = 1.0
_PRIOR: Final = 2e-3
"""How strongly offsets are drawn to 0: as by a few images of each label."""


@dataclass(frozen=True)
class Calibration:
    """What is done to logits z: (z + offsets) / temperature."""

    temperature: float
    offsets: np.ndarray

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """Calibrate logits [N, K]."""
        return np.asarray((logits + self.offsets) / self.temperature)


def fit_calibration(logits: np.ndarray, wanted: np.ndarray, balance: float = 0.0) -> Calibration:
    """Fit a calibration by maximum likelihood, which of shares is the smallest divergence from them.

    A softmax regression with one common slope: the loss is convex, and plain gradient descent reaches its minimum.

    Args:
        logits: [N, K], for validation images.
        wanted: [N, K], what they should have said: the label alone, or the shares of voters. Rows of zeros do not
            count.
        balance: for the offsets, an image of a label that is n times as rare as the most frequent one counts
            n^balance times as much. Rare labels are found more often then, and others less; the temperature is fitted
            to the images as they are.
    """
    counted = wanted.any(1)
    logits, wanted = logits[counted], wanted[counted]
    counts = wanted.sum(0)
    weights = wanted @ ((counts.max() / np.maximum(counts, 1)) ** balance)
    slope, offsets = _fit(logits, wanted, weights / weights.mean())
    offsets /= slope
    if balance:
        slope, _ = _fit(logits + offsets, wanted, np.ones(len(wanted)), with_offsets=False)
    return Calibration(1 / slope, offsets)


def _fit(
    logits: np.ndarray, wanted: np.ndarray, weights: np.ndarray, *, with_offsets: bool = True
) -> tuple[float, np.ndarray]:
    """Slope and offsets, of images that count by ``weights``, whose mean is 1."""
    slope, offsets = 1.0, np.zeros(logits.shape[1])
    for _ in range(_STEPS):
        error = (softmax(slope * logits + offsets, np.float64) - wanted) * (weights / len(wanted))[:, None]
        slope -= _RATE * float((error * logits).sum()) / max(1.0, float((logits**2).mean()))
        if with_offsets:
            offsets -= _RATE * (error.sum(0) + _PRIOR * offsets)
        slope = max(slope, 0.05)
    return slope, offsets
