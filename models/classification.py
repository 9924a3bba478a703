"""Reads the expression of cropped faces."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from contracts.emotions import EMOTIONS
from contracts.errors import InvalidWeights
from models.classification_card import EmotionCard
from models.cropping import SIDE, Points, crop_faces, enlargement
from models.runtimes import Runtime, RuntimeName, open_runtime
from models.weights import WEIGHTS, load_weights

DEFAULT_MODEL: Final = "mien-2"
"""The network that is used unless another is asked for."""


class Classifier:
    """An emotion network, ready to run. Safe to call from any number of threads at once."""

    def __init__(self, runtime: Runtime, card: EmotionCard) -> None:
        self._runtime = runtime
        self.card = card

    @property
    def name(self) -> str:
        """Name of the network's version, such as ``mien-2``; belongs into every result."""
        return self.card.name

    def predict(self, crops: np.ndarray) -> np.ndarray:
        """Probabilities of the labels of ``contracts.emotions`` for grey ``crops``.

        uint8 [N, 48, 48] → float32 [N, 7]; rows sum to 1. Raises ``ValueError`` for arrays of another form.
        """
        if crops.ndim != 3 or crops.shape[1:] != (SIDE, SIDE) or crops.dtype != np.uint8:
            raise ValueError(f"crops must be uint8 [N, 48, 48], not {crops.dtype} {list(crops.shape)}")
        (logits,) = self._runtime.run(crops[..., None])
        return softmax(logits)

    def crop(
        self,
        bgr: np.ndarray,
        boxes: Sequence[Sequence[Any]],
        landmarks: Sequence[Points | None] | None = None,
    ) -> np.ndarray:
        """Cut faces out as this network wants them; see :func:`models.cropping.crop_faces`."""
        return crop_faces(bgr, boxes, landmarks, self.card.crop)

    def enlargement(self, boxes: Iterable[Sequence[Any]]) -> float:
        """How much finer a picture this network could use; see :func:`models.cropping.enlargement`."""
        return enlargement(boxes, self.card.crop)


def load_classifier(
    name: str | None = None, runtime: RuntimeName | str = "litert", *, threads: int = 1, folder: Path = WEIGHTS
) -> Classifier:
    """Load the network called ``name``, such as ``mien-2``, or of the card at a path that ends in ``.json``.

    ``threads`` is how many cores one call may use. Raises ``InvalidWeights`` for a network that is missing
    or damaged, ``ConfigurationError`` for a runtime that is not there.
    """
    variant = "keras" if runtime == "keras" else None
    content, card = load_weights(name or DEFAULT_MODEL, EmotionCard, folder, variant=variant)
    if card.labels != EMOTIONS:
        raise InvalidWeights(f"The network {card.name} has labels in another order: {card.labels}.")
    file = card.file if variant is None else card.variants[variant].file
    return Classifier(open_runtime(runtime, content, source=file, threads=threads), card)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Logits [N, K] → probabilities float32 [N, K]; computed in double precision, so that rows sum to 1."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)
