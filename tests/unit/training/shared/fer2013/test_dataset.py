"""Arrays of FER2013, and the part held out for validation."""

import numpy as np
import pytest

from contracts.emotions import EMOTIONS
from training.shared.errors import DataError
from training.shared.fer2013 import Fer2013, fold_of, hold_out


def test_validation_takes_the_same_share_of_every_label(data: Fer2013) -> None:
    rest, held = hold_out(data.train, 0.2, seed=5)
    assert np.array_equal(np.bincount(held.labels), [2] * len(EMOTIONS))
    assert len(rest) + len(held) == len(data.train)
    assert not set(rest.names) & set(held.names)
    assert hold_out(data.train, 0.2, seed=5)[1].names == held.names
    assert hold_out(data.train, 0.2, seed=6)[1].names != held.names


def test_a_split_that_would_be_empty_is_refused(data: Fer2013) -> None:
    with pytest.raises(DataError, match="empty"):
        hold_out(data.train, 0.01, seed=1)


def test_equal_images_come_into_the_same_part(data: Fer2013) -> None:
    split = data.train.take(np.concatenate([np.arange(70), np.arange(70)]))
    folds = fold_of(split, 4, seed=2)
    assert np.array_equal(folds[:70], folds[70:])
    assert sorted(np.bincount(folds)) == [34, 34, 36, 36]
    assert np.array_equal(folds, fold_of(split, 4, seed=2))
    assert not np.array_equal(folds, fold_of(split, 4, seed=3))
