"""Networks by name."""

import numpy as np
import pytest

from training.emotion.networks import build_network


@pytest.mark.parametrize("name", ["classic", "mien"])
def test_an_untrained_network_gives_probabilities(name: str) -> None:
    images = np.random.default_rng(1).random((3, 48, 48, 1), np.float32)
    answers = build_network(name)(images).numpy()  # type: ignore[arg-type]
    assert answers.shape == (3, 7)
    assert np.allclose(answers.sum(1), 1, atol=1e-5)
