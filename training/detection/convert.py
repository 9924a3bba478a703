"""The trained detector as an 8-bit LiteRT file."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf

from models.detection.letterbox import letterbox
from training.detection.dataset import LabelledImage
from training.detection.network import build, weights_to_run
from training.shared.export import quiet_conversion

WIDE: Final = (256, 352)
"""Height and width of the input for landscape images; portraits have it turned."""
SQUARE: Final = (320, 320)
FINE_WIDE: Final = ((448, 640), (640, 960))
"""The same of the second pass over large images, whose faces are small."""
FINE_SQUARE: Final = ((544, 544), (768, 768))
CALIBRATION: Final = 300
"""Images that tell the converter how large the activations get."""


def to_litert(trained: keras.Model, images: Sequence[LabelledImage]) -> bytes:
    """Convert a network to integers throughout: input uint8 RGB in 0..255, outputs int8 with scales.

    Args:
        trained: the network.
        images: training images; a share of them calibrates.

    Returns:
        The bytes of a ``.tflite`` file, whose input is ``WIDE`` and can be resized to any sides that divide by 32.
    """
    network = build(*WIDE, to_run=True)
    network.set_weights(weights_to_run(trained))
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _calibration(images)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.int8
    with quiet_conversion():
        return bytes(converter.convert())


def to_keras(trained: keras.Model) -> bytes:
    """Give the network as it was trained, but for pixels of 0..255.

    Returns:
        The bytes of a ``.keras`` file.
    """
    image = keras.Input((None, None, 3), name="image")
    network = keras.Model(image, trained(keras.layers.Rescaling(1 / 255)(image)), name=trained.name)
    with tempfile.TemporaryDirectory() as folder:  # Keras saves to a path only
        path = Path(folder, "network.keras")
        network.save(path)
        return path.read_bytes()


def _calibration(images: Sequence[LabelledImage]) -> Iterator[list[Any]]:
    """Yield evenly spread training images as the detector would feed them, with black and white in the range."""
    step = max(len(images) // CALIBRATION, 1)
    yield [np.full((1, *WIDE, 3), 255, np.float32)]
    for image in images[::step]:
        yield [letterbox(image.pixels, *WIDE).pixels[None].astype(np.float32)]
