"""Views are answered by teachers that have not seen their images."""

from pathlib import Path

import numpy as np
import pytest

from training.emotion.recipe import WIDER, Augmentation
from training.emotion.views import Views
from training.shared.fer2013 import Fer2013

STILL = Augmentation(flip=False, rotation=0, zoom=0)


class Teacher:
    """Says its own label of every image that is brighter on the left, and the next label of its mirror."""

    def __init__(self, label: int) -> None:
        self.label = label

    def __call__(self, images: np.ndarray) -> np.ndarray:
        left, right = images[:, :, :24].mean((1, 2)), images[:, :, 24:].mean((1, 2))
        return np.eye(7, dtype=np.float32)[np.where(left > right, self.label, self.label + 1)]


def test_each_image_is_answered_by_the_teacher_without_it_both_ways_round(data: Fer2013, tmp_path: Path) -> None:
    views = Views(tmp_path / "views", data.train.images, STILL, 2, seed=1)
    left_out = np.arange(70) % 2
    assert views.missing() == [0, 1]
    views.answer(1, [Teacher(0), Teacher(4)], left_out)
    assert views.missing() == [0]
    wanted = np.zeros((70, 7))
    wanted[left_out == 0, :2] = wanted[left_out == 1, 4:6] = 0.5
    assert np.array_equal(views.answers(1), wanted)
    assert views.answers(1).dtype == np.float16


def test_a_view_is_drawn_from_its_number(data: Fer2013, tmp_path: Path) -> None:
    one, other = (Views(tmp_path, data.train.images, WIDER, 2, seed=1) for _ in range(2))
    assert np.array_equal(one.changes(1).matrices, other.changes(1).matrices)
    assert not np.array_equal(one.changes(1).matrices, one.changes(0).matrices)


def test_a_view_without_answers_is_an_error(data: Fer2013, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Views(tmp_path, data.train.images, WIDER, 2, seed=1).answers(0)
