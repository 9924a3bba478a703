"""Test images that are also among the training images."""

import numpy as np

from training.emotion.duplicates import without_duplicates
from training.shared.fer2013 import Fer2013


def test_copies_and_mirrored_copies_are_found(data: Fer2013) -> None:
    rng = np.random.default_rng(3)
    faces = rng.integers(0, 256, (6, 12, 12), np.uint8).repeat(4, 1).repeat(4, 2)
    seen, fresh = faces[:3], faces[3:]
    test = data.public_test.take(np.arange(6))
    test = type(test)(
        np.concatenate([seen[:1], seen[1:2, :, ::-1], np.clip(seen[2:] * 0.8 + 20, 0, 255).astype(np.uint8), fresh]),
        test.labels,
        test.names,
        test.votes,
    )
    training = data.train.take(np.arange(3))
    training = type(training)(seen, training.labels, training.names)
    assert without_duplicates(test, training).tolist() == [False, False, False, True, True, True]
