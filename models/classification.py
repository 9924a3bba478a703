"""Emotion networks: the expression of cropped faces."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from contracts.emotions import EMOTION_CHOICES, EMOTIONS, VOTED, Emotion, Head
from contracts.errors import ConfigurationError, InvalidWeights
from models.cropping import SIDE, CropFit, Points, crop_faces, enlargement
from models.runtimes import DEFAULT_ACCELERATION, Acceleration, Runtime, RuntimeName, open_runtime
from models.weights import WEIGHTS, Card, load_weights

DEFAULT_MODEL: Final = "mien-4"
"""The network that is used unless another is asked for."""

_FER2013: Final = 0
_PEOPLE: Final = 1
"""Numbers of the outputs."""


class VotesCard(BaseModel):
    """What a network says of its second output: logits [N, 8] of what people would say, calibrated like the first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, ...] = Field(min_length=8, max_length=8, description="In the order of the output.")
    temperature: float = Field(gt=0, description="Fitted on validation images; part of the stored weights.")
    offsets: tuple[float, ...] = Field(default=(), description="By label; fitted and stored likewise.")


class EmotionCard(Card):
    """What an emotion network says of itself.

    The network takes grey values 0..255, [N, 48, 48, 1], and gives logits [N, 7] that are calibrated already:
    ``offsets`` were added and the sum divided by ``temperature``, so their softmax can be believed. A network with
    ``votes`` has a second output.
    """

    task: Literal["emotion"] = "emotion"
    labels: tuple[Emotion, ...] = Field(min_length=7, max_length=7, description="In the order of the outputs.")
    temperature: float = Field(gt=0, description="Fitted on validation images; part of the stored weights.")
    offsets: tuple[float, ...] = Field(default=(), description="By label; fitted and stored likewise.")
    crop: CropFit = Field(description="How a detector's box becomes the network's input.")
    votes: VotesCard | None = Field(default=None, description="Of the head for people; none in networks without it.")


class Classifier:
    """An emotion network, ready to run. Safe to call from any number of threads at once."""

    def __init__(self, runtime: Runtime, card: EmotionCard) -> None:
        """Take a network that ``runtime`` has loaded, and its card."""
        self._runtime = runtime
        self.card = card

    @property
    def name(self) -> str:
        """Name of the network's version, such as ``mien-2``; belongs into every result."""
        return self.card.name

    def predict(self, crops: np.ndarray) -> np.ndarray:
        """Read the expressions of faces.

        Args:
            crops: grey, uint8 [N, 48, 48]; N may be 0.

        Returns:
            Probabilities of the labels of ``contracts.emotions``, float32 [N, 7]; rows sum to 1.

        Raises:
            ValueError: an array of another form.
        """
        (logits,) = self._logits(crops, _FER2013)
        return softmax(logits)

    def predict_votes(self, crops: np.ndarray) -> np.ndarray:
        """Estimate what people would say of faces.

        Args:
            crops: grey, uint8 [N, 48, 48]; N may be 0.

        Returns:
            Shares of voters by ``contracts.emotions.VOTED``, float32 [N, 8]; rows sum to 1.

        Raises:
            ValueError: an array of another form.
            ConfigurationError: a network without a head for people.
        """
        (logits,) = self._logits(crops, _PEOPLE)
        return softmax(logits)

    def predict_both(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What ``predict`` and ``predict_votes`` give, of one pass; raises as ``predict_votes`` does."""
        labels, votes = self._logits(crops, _FER2013, _PEOPLE)
        return softmax(labels), softmax(votes)

    def predict_by(self, head: Head, crops: np.ndarray) -> np.ndarray:
        """Probabilities of the seven emotions by either head; as ``predict``, float32 [N, 7].

        Raises:
            ValueError: an array of another form.
            ConfigurationError: a network without this head.
        """
        return self.predict(crops) if head == "fer2013" else emotions_of_votes(self.predict_votes(crops))

    def prepare(self, threads: int) -> None:
        """Run the network, and have it ready for so many threads that have not used it yet, where each needs its own.

        Raises:
            Exception: it does not run.
        """
        empty = np.zeros((1, SIDE, SIDE, 1), np.uint8)
        self._runtime.run(empty)
        self._runtime.prepare(empty, threads)

    def require(self, head: Head) -> None:
        """Do nothing if the network has this head.

        Raises:
            ConfigurationError: it has not; a sentence says what to do.
        """
        if head == "people" and self.card.votes is None:
            raise ConfigurationError(
                f"The network {self.name} has no head for people, which MIEN_LABELS=people needs: "
                "choose a network whose card has votes (MIEN_MODEL), or leave MIEN_LABELS at fer2013."
            )

    def _logits(self, crops: np.ndarray, *outputs: int) -> tuple[np.ndarray, ...]:
        """Run the network once, and read these outputs."""
        if crops.ndim != 3 or crops.shape[1:] != (SIDE, SIDE) or crops.dtype != np.uint8:
            raise ValueError(f"crops must be uint8 [N, 48, 48], not {crops.dtype} {list(crops.shape)}")
        if _PEOPLE in outputs:
            self.require("people")
        return self._runtime.run(crops[..., None], outputs)

    def crop(
        self,
        bgr: np.ndarray,
        boxes: Sequence[Sequence[Any]],
        landmarks: Sequence[Points | None] | None = None,
    ) -> np.ndarray:
        """Cut faces out as this network wants them; see :func:`models.cropping.crop_faces`."""
        return crop_faces(bgr, boxes, landmarks, self.card.crop)

    def enlargement(self, boxes: Iterable[Sequence[Any]]) -> float:
        """How much finer an image this network could use; see :func:`models.cropping.enlargement`."""
        return enlargement(boxes, self.card.crop)


def load_classifier(
    name: str | None = None,
    runtime: RuntimeName | str = "litert",
    *,
    threads: int = 1,
    folder: Path = WEIGHTS,
    form: str | None = None,
    acceleration: Acceleration = DEFAULT_ACCELERATION,
) -> Classifier:
    """Load an emotion network.

    Args:
        name: of the network, such as ``mien-2``, or the path of its card, which ends in ``.json``.
        runtime: what executes it.
        threads: how many cores one call may use.
        folder: where networks lie.
        form: which of the card's variants; by default the one that the runtime is served with.
        acceleration: how the runtime ``keras`` is to use its device.

    Raises:
        InvalidWeights: a network that is missing or damaged.
        ConfigurationError: a runtime that is not there.
    """
    variant = form or ("keras" if runtime == "keras" else None)
    content, card = load_weights(name or DEFAULT_MODEL, EmotionCard, folder, variant=variant)
    if card.labels != EMOTIONS:
        raise InvalidWeights(f"The network {card.name} has labels in another order: {card.labels}.")
    if card.votes is not None and card.votes.labels != VOTED:
        raise InvalidWeights(f"The network {card.name} has choices of voters in another order: {card.votes.labels}.")
    file = card.file if variant is None else card.variants[variant].file
    opened = open_runtime(runtime, content, source=file, threads=threads, acceleration=acceleration)
    widths = [output.shape[1] for output in opened.run(np.empty((0, SIDE, SIDE, 1), np.uint8))]
    expected = [len(EMOTIONS)] if card.votes is None else [len(EMOTIONS), len(VOTED)]
    if widths != expected:
        raise InvalidWeights(f"The network {file} has outputs of {widths} values where its card wants {expected}.")
    return Classifier(opened, card)


def emotions_of_votes(votes: np.ndarray) -> np.ndarray:
    """Shares of voters [N, 8] → probabilities [N, 7] of ``contracts.emotions.EMOTIONS``.

    Contempt is none of them: it is left out, and the shares are those of the voters who would not say it.
    """
    ours = votes[:, EMOTION_CHOICES]
    return np.asarray(ours / ours.sum(axis=1, keepdims=True))


def softmax(logits: np.ndarray, dtype: npt.DTypeLike = np.float32) -> np.ndarray:
    """Logits [N, K] → probabilities [N, K] of ``dtype``; computed in double precision, so that rows sum to 1."""
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), dtype)
