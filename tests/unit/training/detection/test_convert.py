"""The trained detector in 8 bits."""

import numpy as np

from models.runtimes import open_runtime
from training.detection.convert import to_litert
from training.detection.dataset import Split
from training.detection.network import build


def test_an_exported_network_answers_as_the_trained_one(data: Split) -> None:
    network = build()
    runtime = open_runtime("litert", to_litert(network, data.train), source="test")
    pixels = np.random.default_rng(1).integers(0, 256, (1, 64, 96, 3), dtype=np.uint8)
    exact = network(pixels.astype(np.float32) / 255, training=False)
    for wanted, given in zip(exact, runtime.run(pixels), strict=True):
        assert given.shape == wanted.shape
        spread = float(np.ptp(wanted.numpy())) + 0.05
        assert np.abs(given - wanted.numpy()).max() < 0.25 * spread
