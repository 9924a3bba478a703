"""The seven expressions of FER2013, in the order of the network's outputs.

The order is part of every stored network and of every result's scores: never change it, only add a new list.
"""

from typing import Final, Literal, get_args

Emotion = Literal["Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral"]

EMOTIONS: Final[tuple[Emotion, ...]] = get_args(Emotion)
"""Labels by output index; also the index of the ``emotion`` column in Kaggle's ``fer2013.csv``."""

Head = Literal["fer2013", "people"]
"""Whose labels an emotion is: FER2013's one label an image, or what most of several people would say (FER+)."""

VOTED: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""What the voters of FER+ could say of an image of FER2013, in the order of the head for people, and of their file."""

EMOTION_CHOICES: Final = tuple(
    VOTED.index(choice) for choice in ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
)
"""Where each of `EMOTIONS` stands in `VOTED`; contempt is none of them."""
