"""The labels: their order is part of every stored network and result."""

from contracts.emotions import EMOTIONS, VOTED


def test_the_order_is_that_of_fer2013() -> None:
    assert EMOTIONS == ("Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral")


def test_what_is_voted_has_the_order_of_the_voters_file() -> None:
    assert VOTED == ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
