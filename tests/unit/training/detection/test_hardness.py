"""Hard negatives."""

import numpy as np
import pytest

from support.faces import labelled_image
from training.detection.hardness import BATCH, LEAST, measure_hardness, uniform_hardness


def test_before_the_training_all_images_without_a_face_are_alike() -> None:
    images = [labelled_image("a", "hand"), labelled_image("b", "none", 0), labelled_image("c", "none", 0)]
    assert uniform_hardness(images).tolist() == [1, 1]


def test_an_image_is_as_hard_as_the_highest_score_in_it() -> None:
    """More images than one batch holds, of which one is bright; the network's scores follow the brightness."""
    images = [labelled_image(str(number), "none", int(number == 2)) for number in range(BATCH + 3)]
    images.insert(0, labelled_image("face", "hand"))

    def network(pixels: np.ndarray) -> list[np.ndarray]:
        logits = 40 * (pixels.max(axis=(1, 2, 3)) - 0.5)
        return [np.broadcast_to(logits[:, None, None, None], (len(pixels), 2, 2, 1))] * 9

    hardness = measure_hardness(network, images, 64)
    assert hardness.shape == (BATCH + 3,)
    assert hardness[2] == pytest.approx(1 + LEAST, abs=1e-3)
    assert np.delete(hardness, 2) == pytest.approx(LEAST, abs=1e-3)
