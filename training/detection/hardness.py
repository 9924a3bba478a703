"""How much images without a face look like one to the network: hard negatives are drawn more often."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.detection.letterbox import letterbox
from training.detection.dataset import LabelledImage

LEAST: Final = 0.03
"""Weight of an image in which nothing looks like a face: it is still drawn now and then."""
BATCH: Final = 16
"""Images measured in one run of the network."""

Weights = npt.NDArray[np.float64]
"""[number of images without a face]: how often each is drawn in relation to the others."""


def uniform_hardness(images: Sequence[LabelledImage]) -> Weights:
    """Weights before any network was trained: all the same."""
    return np.ones(sum(image.annotator == "none" for image in images))


def measure_hardness(network: Callable[[Any], Any], images: Sequence[LabelledImage], size: int) -> Weights:
    """Measure the images without a face.

    Args:
        network: turns images [B, size, size, 3] in 0..1 into its nine maps.
        images: training images; those with faces are passed over.
        size: of the network's square input, in pixels.

    Returns:
        The highest score in each, and ``LEAST`` added.
    """
    empty = [image for image in images if image.annotator == "none"]
    worst = []
    for start in range(0, len(empty), BATCH):
        letterboxed = [letterbox(image.pixels, size, size).pixels for image in empty[start : start + BATCH]]
        letterboxed += letterboxed[-1:] * (BATCH - len(letterboxed))
        maps = network(np.stack(letterboxed).astype(np.float32) / 255)
        logits = np.max([np.asarray(level).reshape(BATCH, -1).max(axis=1) for level in maps[::3]], axis=0)
        worst.extend((1 / (1 + np.exp(-logits))).tolist())
    return np.array(worst[: len(empty)]) + LEAST
