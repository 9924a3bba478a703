"""The card of an emotion network."""

from typing import Literal

from pydantic import Field

from contracts.emotions import Emotion
from models.cropping import CropFit
from models.weights import Card


class EmotionCard(Card):
    """What an emotion network says of itself.

    The network takes grey values 0..255, [N, 48, 48, 1], and gives logits [N, 7] that are calibrated already:
    ``offsets`` were added and the sum divided by ``temperature``, so their softmax can be believed.
    """

    task: Literal["emotion"] = "emotion"
    labels: tuple[Emotion, ...] = Field(min_length=7, max_length=7, description="In the order of the outputs.")
    temperature: float = Field(gt=0, description="Fitted on validation images; part of the stored weights.")
    offsets: tuple[float, ...] = Field(default=(), description="By label; fitted and stored likewise.")
    crop: CropFit = Field(description="How a detector's box becomes the network's input.")
