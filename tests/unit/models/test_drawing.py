"""Drawing: visible, at the right place, and never out of bounds."""

import numpy as np
import pytest

from contracts.emotions import EMOTIONS
from contracts.results import Box, Face
from models.drawing import COLOURS, NO_EMOTION, at_most, draw_faces, encode_jpeg


def face(box: Box, emotion: str = "Happy") -> Face:
    scores = {label: 1.0 if label == emotion else 0.0 for label in EMOTIONS}
    return Face(box=box, emotion=emotion, confidence=0.87, scores=scores, detection_score=1)


def test_a_box_and_a_label_appear_and_the_input_stays() -> None:
    pixels = np.zeros((240, 320, 3), np.uint8)
    drawn = draw_faces(pixels, [face(Box(x=100, y=80, width=60, height=60))])
    assert not pixels.any()
    assert tuple(drawn[110, 100]) == COLOURS["Happy"], "the left edge"
    assert drawn[60:79, 100:180].any(), "the label above the box"
    assert not drawn[95:130, 110:150].any(), "nothing on the face itself"


def test_a_face_without_an_emotion_gets_its_box_and_no_word() -> None:
    bare = face(Box(x=100, y=80, width=60, height=60)).model_copy(update={"emotion": None, "confidence": None})
    drawn = draw_faces(np.zeros((240, 320, 3), np.uint8), [bare])
    assert tuple(drawn[110, 100]) == NO_EMOTION
    assert not drawn[:79].any(), "no label above the box"
    assert not drawn[83:137, 103:157].any(), "none within"


def test_boxes_are_scaled_to_the_picture() -> None:
    drawn = draw_faces(np.zeros((240, 320, 3), np.uint8), [face(Box(x=200, y=160, width=120, height=120))], scale=2)
    assert tuple(drawn[110, 100]) == COLOURS["Happy"]


@pytest.mark.parametrize("box", [Box(x=0, y=0, width=320, height=240), Box(x=310, y=230, width=400, height=400)])
def test_faces_at_the_border_are_drawn_within(box: Box) -> None:
    assert draw_faces(np.zeros((240, 320, 3), np.uint8), [face(box, "Angry")]).any()


def test_every_label_has_its_own_colour() -> None:
    assert set(COLOURS) == set(EMOTIONS)
    assert len(set(COLOURS.values())) == len(EMOTIONS)


def test_jpeg_comes_out() -> None:
    assert encode_jpeg(np.zeros((8, 8, 3), np.uint8)).startswith(b"\xff\xd8")


def test_only_what_is_too_large_is_shrunk() -> None:
    wide = np.full((100, 400, 3), 7, np.uint8)
    assert at_most(wide, 400) is wide
    assert at_most(wide, 40).shape == (10, 40, 3)
    assert at_most(wide, 1).shape == (1, 1, 3)
