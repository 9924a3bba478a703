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


def fit_calibration(logits: np.ndarray, wanted: np.ndarray) -> Calibration:
    """Fit a calibration by maximum likelihood, which of shares is the smallest divergence from them.

    A softmax regression with one common slope: the loss is convex, and plain gradient descent reaches its minimum.

    Args:
        logits: [N, K], for validation images.
        wanted: [N, K], what they should have said: the label alone, or the shares of voters. Rows of zeros do not
            count.
    """
    counted = wanted.any(1)
    logits, wanted = logits[counted], wanted[counted]
    slope, offsets = 1.0, np.zeros(logits.shape[1])
    for _ in range(_STEPS):
        error = (softmax(slope * logits + offsets, np.float64) - wanted) / len(wanted)
        slope -= _RATE * float((error * logits).sum()) / max(1.0, float((logits**2).mean()))
        offsets -= _RATE * (error.sum(0) + _PRIOR * offsets)
        slope = max(slope, 0.05)
    return Calibration(1 / slope, offsets / slope)
