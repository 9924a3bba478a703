"""Batch normalisation in one kernel."""

import numpy as np

from training.emotion.networks import build_network
from training.emotion.networks.fused import fuse_normalisations


def test_fused_normalisation_learns_the_same_statistics_and_answers_the_same() -> None:
    images = np.random.default_rng(0).uniform(0, 255, (32, 48, 48, 1)).astype(np.float32)
    plain = build_network("mien", dropout=0.0)
    fused = fuse_normalisations(plain)

    in_training = [np.asarray(network(images, training=True)) for network in (plain, fused)]
    afterwards = [np.asarray(network(images, training=False)) for network in (plain, fused)]

    np.testing.assert_allclose(in_training[0], in_training[1], atol=1e-4)
    np.testing.assert_allclose(afterwards[0], afterwards[1], atol=2e-3)  # variance over n - 1 instead of n
    assert any(type(layer).__name__ == "FusedBatchNormalization" for layer in fused.layers)
