"""One number that makes a network as sure as it is right (Guo et al., "On Calibration of Modern Neural Networks")."""

from typing import Final

import numpy as np

from models.classification import softmax
from training.metrics import negative_log_likelihood

_LOWEST: Final = 0.25
_HIGHEST: Final = 4.0
_STEPS: Final = 60
_GOLDEN: Final = (5**0.5 - 1) / 2


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Find T in 0.25..4 for which softmax(``logits`` / T) makes ``labels`` likeliest.

    ``logits`` [N, 7] of validation images. The likelihood has one peak over log T; golden-section search
    finds it.
    """

    def loss(log_t: float) -> float:
        return negative_log_likelihood(softmax(logits / np.exp(log_t)), labels)

    low, high = float(np.log(_LOWEST)), float(np.log(_HIGHEST))
    for _ in range(_STEPS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))
