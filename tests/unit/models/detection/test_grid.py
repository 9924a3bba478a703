"""Cells, and the boxes and landmarks that they report."""

import numpy as np
import pytest

from models.detection.grid import cells, decode_boxes, decode_landmarks


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
