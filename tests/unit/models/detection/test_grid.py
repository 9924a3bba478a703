"""Cells, boxes, suppression and the letterbox: what turns the network's outputs into faces."""

import numpy as np
import pytest

from models.detection.grid import cells, decode_boxes, decode_landmarks, suppress
from models.detection.letterbox import letterbox


def test_cells_cover_the_input_level_by_level() -> None:
    where = cells(64, 96)
    assert len(where.centres) == 8 * 12 + 4 * 6 + 2 * 3
    assert where.centres[0].tolist() == [4, 4]
    assert where.centres[1].tolist() == [12, 4]
    assert where.centres[96].tolist() == [8, 8]
    assert where.centres[-1].tolist() == [80, 48]
    assert where.strides[[0, 96, -1], 0].tolist() == [8, 16, 32]


def test_boxes_reach_from_their_cell_by_powers_of_e_in_strides() -> None:
    where = cells(32, 32)
    raw = np.log(np.tile(np.array([1, 2, 3, 4], np.float32), (len(where.centres), 1)))
    assert decode_boxes(raw, where)[0] == pytest.approx([4 - 8, 4 - 16, 4 + 24, 4 + 32])
    assert decode_boxes(raw, where)[-1] == pytest.approx([16 - 32, 16 - 64, 16 + 96, 16 + 128])


def test_landmarks_are_offsets_in_strides() -> None:
    where = cells(32, 32)
    raw = np.tile(np.arange(10, dtype=np.float32), (len(where.centres), 1))
    points = decode_landmarks(raw, where)
    assert points.shape == (len(where.centres), 5, 2)
    assert points[0, 1].tolist() == [4 + 2 * 8, 4 + 3 * 8]


def test_suppression_keeps_the_best_of_each_face() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 0, 40, 10], [0, 5, 10, 15]], np.float32)
    scores = np.array([0.6, 0.9, 0.3, 0.5], np.float32)
    assert suppress(boxes, scores) == [1, 3, 2]
    assert suppress(boxes[:0], scores[:0]) == []


@pytest.mark.parametrize(("height", "width"), [(48, 64), (480, 640), (7, 3000), (3000, 7), (1, 1)])
def test_a_letter_keeps_proportions_and_lies_in_the_upper_left_corner(height: int, width: int) -> None:
    letter = letterbox(np.full((height, width, 3), 200, np.uint8), 96, 128)
    assert letter.pixels.shape == (96, 128, 3)
    tall, wide = round(letter.scale_y * height), round(letter.scale_x * width)
    assert tall == 96 or wide == 128
    assert (letter.pixels[:tall, :wide] == 200).all()
    assert not letter.pixels[tall:].any()
    assert not letter.pixels[:, wide:].any()


def test_a_letter_is_red_first() -> None:
    blue = np.zeros((10, 10, 3), np.uint8)
    blue[..., 0] = 255
    assert letterbox(blue, 32, 32).pixels[5, 5].tolist() == [0, 0, 255]
