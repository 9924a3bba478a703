"""The folded stem computes what the plain one does."""

import numpy as np
import pytest

from training.emotion.convert import serving_model
from training.emotion.folding import fold_network
from training.emotion.networks import build_network


@pytest.mark.parametrize("blur", [False, True])
def test_a_folded_network_answers_as_the_plain_one(blur: bool) -> None:
    serving = serving_model(build_network("mien", blur=blur), "mien")
    folded = fold_network(serving)
    images = np.random.default_rng(1).uniform(0, 255, (4, 48, 48, 1)).astype(np.float32)
    assert folded is not serving
    assert np.abs(folded(images).numpy() - serving(images).numpy()).max() < 1e-5
    assert folded.count_params() > serving.count_params(), "kernels have got rows and columns"


def test_blurred_layers_are_gone() -> None:
    folded = fold_network(serving_model(build_network("mien", blur=True), "mien"))
    kinds = [type(layer).__name__ for layer in folded.layers[-1].layers]
    assert not {"AveragePooling2D", "ZeroPadding2D"} & set(kinds)


def test_a_network_without_such_a_stem_is_left_alone() -> None:
    serving = serving_model(build_network("classic"), "classic")
    assert fold_network(serving) is serving
