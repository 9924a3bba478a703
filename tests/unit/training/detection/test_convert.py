"""The trained detector in 8 bits."""

import numpy as np

from models.runtimes import open_runtime
from training.detection.convert import to_keras, to_litert
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


def test_the_keras_file_takes_pixels_as_the_8_bit_one_does() -> None:
    network = build()
    runtime = open_runtime("keras", to_keras(network), source="test")
    pixels = np.random.default_rng(1).integers(0, 256, (1, 64, 96, 3), dtype=np.uint8)
    exact = network(pixels.astype(np.float32) / 255, training=False)
    for wanted, given in zip(exact, runtime.run_one(pixels), strict=True):
        assert np.allclose(wanted, given.dequantized(), atol=1e-4)
