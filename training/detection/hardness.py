"""Which pictures without a face the network takes for faces: those are shown more often."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.detection.letterbox import letterbox
from training.detection.dataset import Picture

LEAST: Final = 0.03
"""Weight of a picture in which nothing looks like a face: it is still shown now and then."""
TOGETHER: Final = 16
"""Pictures looked at in one run of the network."""

Weights = npt.NDArray[np.float64]


def even(pictures: Sequence[Picture]) -> Weights:
    """Return weights for the pictures without a face before any network has seen them: all the same."""
    return np.ones(sum(picture.source == "none" for picture in pictures))


def look(network: Callable[[Any], Any], pictures: Sequence[Picture], size: int) -> Weights:
    """Return for each picture without a face the highest score that the network gives anything in it."""
    empty = [picture for picture in pictures if picture.source == "none"]
    worst = []
    for start in range(0, len(empty), TOGETHER):
        letters = [letterbox(picture.pixels, size, size).pixels for picture in empty[start : start + TOGETHER]]
        letters += letters[-1:] * (TOGETHER - len(letters))
        maps = network(np.stack(letters).astype(np.float32) / 255)
        logits = np.max([np.asarray(level).reshape(TOGETHER, -1).max(axis=1) for level in maps[::3]], axis=0)
        worst.extend((1 / (1 + np.exp(-logits))).tolist())
    return np.array(worst[: len(empty)]) + LEAST
