"""The trained detector as an 8-bit LiteRT file."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf

from models.detection.letterbox import letterbox
from training.detection.dataset import LabelledImage
from training.detection.network import build, weights_to_run
from training.shared.export import quiet_conversion

WIDE: Final = (256, 320)
"""Height and width of the input for landscape images; portraits have it turned."""
SQUARE: Final = (288, 288)
FAR_WIDE: Final = (288, 480)
FAR_SQUARE: Final = (384, 384)
"""The same for large images, whose faces are small."""
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


def _calibration(images: Sequence[LabelledImage]) -> Iterator[list[Any]]:
    """Yield evenly spread training images as the detector would feed them, with black and white in the range."""
    step = max(len(images) // CALIBRATION, 1)
    yield [np.full((1, *WIDE, 3), 255, np.float32)]
    for image in images[::step]:
        yield [letterbox(image.pixels, *WIDE).pixels[None].astype(np.float32)]
