"""Batches of training images."""

import numpy as np

from support.faces import labelled_images
from training.detection.batches import MOST_FACES, Batches, collate
from training.detection.sample import Sample


def test_surplus_faces_become_ignored_regions() -> None:
    count = MOST_FACES + 3
    boxes = np.tile(np.array([[0, 0, 20, 20]], np.float32), (count, 1))
    sample = Sample(np.zeros((32, 32, 3), np.uint8), boxes, np.zeros((count, 5, 2), np.float32), boxes[:0])
    batch = collate([sample])
    assert batch.real.sum() == MOST_FACES
    assert (batch.ignored[0, :, 2] > 0).sum() == 3


def test_batches_are_drawn_by_threads_that_end_with_the_block() -> None:
    with Batches(labelled_images(), size=64, batch=4, seed=0, threads=2) as batches:
        batch = batches.next()
        threads = batches.threads
    assert batch.images.shape == (4, 64, 64, 3)
    assert batch.images.dtype == np.float32
    assert 0 <= batch.images.min() <= batch.images.max() <= 1
    assert not any(thread.is_alive() for thread in threads)
