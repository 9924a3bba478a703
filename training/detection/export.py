"""Turns trained weights into an 8-bit LiteRT file with its card."""

import hashlib
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf

from models.detection.letterbox import letterbox
from training.detection.dataset import Picture
from training.detection.network import build, weights_to_run

WIDE: Final = (256, 352)
"""Height and width of the input for landscape pictures; portraits have it turned."""
SQUARE: Final = (320, 320)
CLOSER_WIDE: Final = ((448, 640), (640, 960))
CLOSER_SQUARE: Final = ((544, 544), (768, 768))
"""The same for a closer look at large pictures, whose faces are small."""
CALIBRATION: Final = 300
"""Pictures that tell the converter how large the activations get."""


def to_litert(trained: keras.Model, pictures: Sequence[Picture]) -> bytes:
    """Convert a network to integers throughout: input uint8 RGB in 0..255, outputs int8 with scales.

    ``pictures`` are training pictures; a share of them calibrates. The file's input is ``WIDE`` and can be resized
    to any sides that divide by 32.
    """
    network = build(*WIDE, to_run=True)
    network.set_weights(weights_to_run(trained))
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _calibration(pictures)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.int8
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow announces that its own interpreter will go
        return bytes(converter.convert())


def to_keras(trained: keras.Model) -> bytes:
    """Give the network as it was trained, but for pixels of 0..255, as the bytes of a ``.keras`` file."""
    image = keras.Input((None, None, 3), name="image")
    network = keras.Model(image, trained(keras.layers.Rescaling(1 / 255)(image)), name=trained.name)
    with tempfile.TemporaryDirectory() as folder:  # Keras saves to a path only
        path = Path(folder, "network.keras")
        network.save(path)
        return path.read_bytes()


def digest(content: bytes) -> str:
    """Return the SHA-256 that the card of a file names."""
    return hashlib.sha256(content).hexdigest()


def _calibration(pictures: Sequence[Picture]) -> Iterator[list[Any]]:
    """Yield evenly spread training pictures as the detector would feed them, with black and white in the range."""
    step = max(len(pictures) // CALIBRATION, 1)
    yield [np.full((1, *WIDE, 3), 255, np.float32)]
    for picture in pictures[::step]:
        yield [letterbox(picture.pixels, *WIDE).pixels[None].astype(np.float32)]


def multiply_adds(network: keras.Model) -> int:
    """Count the multiply-adds of all convolutions for one input; the network's input size must be fixed."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, keras.layers.DepthwiseConv2D | keras.layers.Conv2D):
            _, rows, columns, _ = layer.output.shape
            kernel = layer.kernel.shape
            total += rows * columns * int(np.prod(kernel))
    return total
