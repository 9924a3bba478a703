"""Space to depth: a network's first convolution rewritten so that 8-bit kernels run it faster, at the same answers.

Kernels pad the channels that a convolution reads to the width of the processor's registers, once for each of its
5x5 places; of a grey image that leaves one value in sixteen or more in use. Folded into 2x2 squares (space to depth),
the image has half the sides and four channels, and the same convolution reads 3x3 places of it.
"""

from typing import Any, Final

import numpy as np

STEM: Final = "stem_conv"
_SIDE: Final = 5


def fold_stem(network: Any) -> Any:
    """Fold the stem of a Keras network, or of one within it.

    Returns:
        A copy that folds the image; the network itself if it has no such stem.
    """
    import keras

    if not any(_is_stem(layer) for layer in _leaves(network)):
        return network
    folded = keras.models.clone_model(network, clone_function=_copy_layer, recursive=True)
    for before, after in zip(_leaves(network), _leaves(folded), strict=True):
        weights = [np.asarray(weight) for weight in before.get_weights()]
        after.set_weights([fold_kernel(weights[0])] if _is_stem(before) else weights)
    return folded


def fold_kernel(kernel: np.ndarray) -> np.ndarray:
    """Kernel [5, 5, 1, N] of stride 2 → [3, 3, 4, N] of stride 1 over the folded image.

    Of an even side, padding "same" puts one row above: output i reads the rows 2i-1 to 2i+3, which lie in the
    squares i-1 (its lower row), i, and i+1. The upper row of square i-1 gets zeros.
    """
    whole = np.pad(kernel[:, :, 0], ((1, 0), (1, 0), (0, 0)))  # from row 2i-2 on
    squares = whole.reshape(3, 2, 3, 2, -1).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(squares.reshape(3, 3, 4, -1))


def _copy_layer(layer: Any) -> Any:
    if not _is_stem(layer):
        return layer.__class__.from_config(layer.get_config())
    return _folded_convolution(layer.filters, layer.name)


def _folded_convolution(filters: int, name: str) -> Any:
    import tensorflow as tf
    from keras import layers

    class FoldedConvolution(layers.Layer):  # type: ignore[misc, unused-ignore]
        """Folds the image and convolves it."""

        def __init__(self) -> None:
            super().__init__(name=name)
            self.convolution = layers.Conv2D(filters, 3, padding="same", use_bias=False)

        def call(self, image: Any) -> Any:
            return self.convolution(tf.nn.space_to_depth(image, 2))

    return FoldedConvolution()


def _is_stem(layer: Any) -> bool:
    """Whether this is a 5x5 convolution of a grey image of even sides, of stride 2."""
    if layer.name != STEM or layer.kernel_size != (_SIDE, _SIDE) or layer.strides != (2, 2):
        return False
    _, height, width, channels = layer.input.shape
    return channels == 1 and height % 2 == width % 2 == 0 and not layer.use_bias


def _leaves(network: Any) -> list[Any]:
    """All layers, those of networks within the network in its place."""
    return [leaf for layer in network.layers for leaf in (_leaves(layer) if hasattr(layer, "layers") else [layer])]
