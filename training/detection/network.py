"""The network: anchor-free, three strides, full convolutions where they are cheaper than they look.

On a CPU in 8 bits a full 3x3 convolution with few channels runs at many times the rate of a depthwise one,
and it trains faster too; so only the coarse stride 32, which needs a wide view, has depthwise blocks.
"""

from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from models.detection.grid import STRIDES

WIDTH: Final = 64
"""Channels of the pyramid."""
OUTPUTS: Final = {"score": 1, "box": 4, "landmarks": 10}
"""Channels of each output of each level; see ``models.detection.grid`` for their meaning."""
STEM: Final = 6
"""Side of the first kernel, in pixels."""
FOLD: Final = 4
"""Its stride."""
PRIOR: Final = -4.6
"""Bias of the scores at the start: one cell in a hundred is a face."""
REACH: Final = 0.7
"""Bias of the boxes at the start: two strides to each side, as a logarithm."""


def build(height: int | None = None, width: int | None = None, *, to_run: bool = False) -> keras.Model:
    """Build the network for RGB input [N, height, width, 3] in 0..1.

    Args:
        height: of the input, in pixels; divides by 32.
        width: of the input, in pixels; divides by 32.
        to_run: build what computes the same, given the weights that ``weights_to_run`` makes of the trained ones, by
            operations that, converted, are quick and do not fix the input's size.

    Returns:
        A model of nine outputs, maps [N, rows, columns, channels]: score, box, landmarks of stride 8, then of 16 and
        32.
    """
    enlarge = Enlarge if to_run else layers.UpSampling2D
    image = keras.Input((height, width, 3), name="image")
    # One large step: stride 2 costs a quarter of the training.
    x = _conv(Fold()(image), 32) if to_run else _conv(image, 32, kernel=STEM, stride=FOLD)
    x = _conv(x, 64, stride=2)
    fine = _bottleneck(x, 32)
    middle = _bottleneck(_conv(fine, 128, stride=2), 64)
    coarse = _separable(middle, 128, stride=2)
    for _ in range(3):
        coarse = _separable(coarse, 128, kernel=5)
    coarse = _conv(coarse, WIDTH, kernel=1)
    middle = layers.add([_conv(middle, WIDTH, kernel=1), enlarge()(coarse)])
    fine = layers.add([_conv(fine, WIDTH, kernel=1), enlarge()(middle)])
    outputs = [
        output
        for level, stride in zip((fine, middle, coarse), STRIDES, strict=True)
        for output in _head(_conv(level, WIDTH), stride)
    ]
    return keras.Model(image, outputs, name="faces")


def weights_to_run(trained: keras.Model) -> list[Any]:
    """Weights of a trained network for the same network built ``to_run`` on pixels of 0..255.

    The division by 255 moves into the first kernel, and its 6x6 pixels into 3x3 squares of 4x4 folded pixels: it begins
    a pixel before its square and ends a pixel after, so of the outer squares all weights but those of one row are 0.
    """
    kernel, *others = trained.get_weights()
    before = FOLD - (STEM - FOLD) // 2
    after = 3 * FOLD - STEM - before
    wide = np.pad(kernel / 255.0, ((before, after), (before, after), (0, 0), (0, 0)))
    squares = wide.reshape(3, FOLD, 3, FOLD, *kernel.shape[2:]).transpose(0, 2, 1, 3, 4, 5)
    return [squares.reshape(3, 3, -1, kernel.shape[-1]), *others]


class Fold(layers.Layer):  # type: ignore[misc]
    """Turns each square of 4x4 pixels into one of 48 channels: in 8 bits a convolution of 3 channels is slow.

    The kernel has four times the multiply-adds after that and takes a third of the time.
    """

    def call(self, x: Any) -> Any:
        """Fold pixels [N, R, C, 3] to [N, R/4, C/4, 48], the channels row by row."""
        return tf.nn.space_to_depth(x, FOLD)


class Enlarge(layers.Layer):  # type: ignore[misc]
    """Doubles rows and columns by repetition, as UpSampling2D does, without naming the new size."""

    def call(self, x: Any) -> Any:
        """Repeat each cell [N, R, C, K] in two rows and two columns."""
        return tf.nn.depth_to_space(tf.concat([x, x, x, x], axis=-1), 2)


def _head(x: Any, stride: int) -> list[Any]:
    start = {"score": PRIOR, "box": REACH, "landmarks": 0.0}
    return [
        layers.Conv2D(
            channels,
            1,
            name=f"{name}_{stride}",
            dtype="float32",
            bias_initializer=keras.initializers.Constant(start[name]),
        )(x)
        for name, channels in OUTPUTS.items()
    ]


def _conv(x: Any, channels: int, *, kernel: int = 3, stride: int = 1) -> Any:
    x = layers.Conv2D(channels, kernel, strides=stride, padding="same", use_bias=False)(x)
    return layers.ReLU(6.0)(layers.BatchNormalization()(x))


def _bottleneck(x: Any, narrow: int) -> Any:
    """A residual pair: 1x1 down to ``narrow``, 3x3 back up."""
    channels = x.shape[-1]
    y = _conv(x, narrow, kernel=1)
    y = layers.BatchNormalization()(layers.Conv2D(channels, 3, padding="same", use_bias=False)(y))
    return layers.ReLU(6.0)(layers.add([x, y]))


def _separable(x: Any, channels: int, *, kernel: int = 3, stride: int = 1) -> Any:
    """Depthwise, then 1x1; residual where the shapes agree."""
    y = layers.DepthwiseConv2D(kernel, strides=stride, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.BatchNormalization()(layers.Conv2D(channels, 1, use_bias=False)(y))
    if stride == 1 and x.shape[-1] == channels:
        y = layers.add([x, y])
    return layers.ReLU(6.0)(y)
