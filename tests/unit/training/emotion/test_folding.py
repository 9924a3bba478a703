"""The folded stem computes what the plain one does."""

import numpy as np

from training.emotion.convert import serving_model
from training.emotion.folding import fold_network
from training.emotion.networks import build_network


def test_a_folded_network_answers_as_the_plain_one() -> None:
    serving = serving_model(build_network("mien"), "mien")
    folded = fold_network(serving)
    images = np.random.default_rng(1).uniform(0, 255, (4, 48, 48, 1)).astype(np.float32)
    assert folded is not serving
    assert np.abs(folded(images).numpy() - serving(images).numpy()).max() < 1e-5
    assert folded.count_params() > serving.count_params(), "the kernel has got its row and column of zeros"


def test_a_network_without_such_a_stem_is_left_alone() -> None:
    serving = serving_model(build_network("classic"), "classic")
    assert fold_network(serving) is serving
