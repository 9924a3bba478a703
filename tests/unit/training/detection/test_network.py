"""The detector's network."""

import keras
import numpy as np
import tensorflow as tf

from training.detection.network import Enlarge, build, weights_to_run
from training.shared.cost import cost_of


def test_enlarging_by_rearrangement_is_upsampling() -> None:
    cells_of = tf.constant(np.random.default_rng(0).random((2, 3, 4, 5)), tf.float32)
    assert (Enlarge()(cells_of).numpy() == keras.layers.UpSampling2D()(cells_of).numpy()).all()


def test_the_network_is_as_small_as_its_place_allows() -> None:
    network = build(288, 384)
    assert 100_000 <= network.count_params() <= 450_000
    assert cost_of(network).multiply_adds < 300e6
    assert [output.shape[-1] for output in network.outputs] == [1, 4, 10] * 3


def test_the_network_to_run_computes_what_the_trained_one_does() -> None:
    network, quick = build(), build(to_run=True)
    quick.set_weights(weights_to_run(network))
    pixels = np.random.default_rng(1).integers(0, 256, (1, 64, 96, 3)).astype(np.float32)
    for wanted, given in zip(network(pixels / 255), quick(pixels), strict=True):
        assert np.allclose(wanted, given, atol=1e-4)
