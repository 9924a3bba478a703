"""A face as others see it."""

import numpy as np

from contracts.emotions import EMOTIONS
from models.detection import Detection
from models.faces import Reading, face_of
from models.images.decode import DecodedImage

IMAGE = DecodedImage(np.zeros((100, 200, 3), np.uint8), 400, 200)


def test_the_box_is_in_whole_pixels_of_the_original_and_within_it() -> None:
    face = face_of(IMAGE, Detection(150.2, 60.0, 80.0, 60.0, 1.01), None)
    assert (face.box.x, face.box.y, face.box.width, face.box.height) == (300, 120, 100, 80)
    assert face.detection_score == 1


def test_without_a_reading_it_has_no_emotion() -> None:
    face = face_of(IMAGE, Detection(10, 10, 40, 40, 0.9), None)
    assert (face.emotion, face.confidence, face.scores) == (None, None, {})


def test_its_emotion_is_the_likeliest() -> None:
    probabilities = np.full(7, 0.1, np.float32)
    probabilities[3] = 0.4
    face = face_of(IMAGE, Detection(10, 10, 40, 40, 0.9), Reading(probabilities, np.zeros((48, 48), np.uint8)))
    assert face.emotion == EMOTIONS[3]
    assert face.confidence == face.scores[EMOTIONS[3]]
