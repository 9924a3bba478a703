"""Makes scores mean what they say: of boxes with a score of 0.8, eight in ten are right."""

from typing import Final

import numpy as np

from models.detection.card import Calibration
from training.detection.evaluate import Report

STEPS: Final = 30
"""Steps of Newton's method; a handful suffices."""
PENALTY: Final = 1e-3
"""Strength of the pull towards no change, which matters only where little was measured."""


def calibrate(report: Report) -> Calibration:
    """Fit slope and offset to what was right (Platt, 1999) in a report on raw scores."""
    scores, right = report.judged()
    if not right.any() or right.all():
        return Calibration()
    bounded = np.clip(scores, 1e-6, 1 - 1e-6)
    inputs = np.stack([np.log(bounded / (1 - bounded)), np.ones(len(scores))], axis=1)
    start = np.array([1.0, 0.0])
    weights = start.copy()
    for _ in range(STEPS):
        odds = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (right - odds) - PENALTY * (weights - start)
        curvature = (inputs * (odds * (1 - odds))[:, None]).T @ inputs + PENALTY * np.eye(2)
        weights += np.linalg.solve(curvature, slope)
    return Calibration(slope=round(max(float(weights[0]), 0.01), 4), offset=round(float(weights[1]), 4))
