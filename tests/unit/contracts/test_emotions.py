"""The labels: their order is part of every stored network and result."""

from contracts.emotions import EMOTIONS


def test_the_order_is_that_of_fer2013() -> None:
    assert EMOTIONS == ("Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral")
