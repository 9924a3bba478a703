"""Convolutions rewritten so that 8-bit kernels run them faster, at the same answers.

Space to depth: kernels pad the channels that a convolution reads to the width of the processor's registers, once for
each of its 5x5 places; of a grey image that leaves one value in sixteen or more in use. Folded into 2x2 squares, the
image has half the sides and four channels, and the same convolution reads 3x3 places of it.

Blur: means of 2x2 neighbours and the convolution that reads them are one convolution, whose kernel is larger by one. Of
the stem these are 6x6 pixels, which fill the 3x3 squares.
"""

from typing import Any, Final

import numpy as np

STEM: Final = "stem_conv"
_GONE: Final = ("_pad", "_blur", "_halve")
"""Ends of the names of layers whose work the convolution after them takes over."""
_SIDE: Final = 5


def fold_network(network: Any) -> Any:
    """Fold the stem of a Keras network, or of one within it, and what is blurred in it.

    Returns:
        A copy that folds the image; the network itself if it has no such stem.
    """
    import keras

    if not any(_is_stem(layer) for layer in _leaves(network)):
        return network
    folded = keras.models.clone_model(network, clone_function=_copy_layer, recursive=True)
    for before, after in zip(_leaves(network), _leaves(folded), strict=True):
        weights = [np.asarray(weight) for weight in before.get_weights()]
        if _is_stem(before):
            weights = [fold_kernel(blur_kernel(weights[0]) if _is_blurred(before) else weights[0])]
        elif _is_blurred(before):
            weights = [blur_kernel(weights[0])]
        after.set_weights(weights)
    return folded


def blur_kernel(kernel: np.ndarray) -> np.ndarray:
    """Kernel [K, K, C, N] over means of 2x2 neighbours → [K + 1, K + 1, C, N] over the values themselves."""
    whole = np.pad(kernel, ((1, 1), (1, 1), (0, 0), (0, 0)))
    rows = (whole[1:] + whole[:-1]) / 2
    return np.asarray((rows[:, 1:] + rows[:, :-1]) / 2)


def fold_kernel(kernel: np.ndarray) -> np.ndarray:
    """Kernel [5, 5, 1, N] or [6, 6, 1, N] of stride 2 → [3, 3, 4, N] of stride 1 over the folded image.

    Of an even side, padding "same" puts one row above: output i of a 5x5 kernel reads the rows 2i-1 to 2i+3, which lie
    in the squares i-1 (its lower row), i, and i+1. The upper row of square i-1 gets zeros. A 6x6 kernel reads it too.
    """
    missing = _SIDE + 1 - len(kernel)
    whole = np.pad(kernel[:, :, 0], ((missing, 0), (missing, 0), (0, 0)))  # from row 2i-2 on
    squares = whole.reshape(3, 2, 3, 2, -1).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(squares.reshape(3, 3, 4, -1))


def _copy_layer(layer: Any) -> Any:
    from keras import layers

    if _is_stem(layer):
        return _folded_convolution(layer.filters, layer.name)
    if layer.name.endswith(_GONE):
        return layers.Identity(name=layer.name)
    if _is_blurred(layer):
        side = layer.kernel_size[0] + 1
        return layers.Conv2D(layer.filters, side, strides=2, padding="same", use_bias=False, name=layer.name)
    return layer.__class__.from_config(layer.get_config())


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
    """Whether this is a 5x5 convolution of stride 2, of a grey image of even sides or of what was blurred of one."""
    if layer.name != STEM or layer.kernel_size != (_SIDE, _SIDE) or layer.strides != (2, 2):
        return False
    _, height, width, channels = layer.input.shape
    odd = int(_is_blurred(layer))
    return channels == 1 and height % 2 == width % 2 == odd and not layer.use_bias


def _is_blurred(layer: Any) -> bool:
    """Whether this is a convolution that reads means of 2x2 neighbours."""
    if not hasattr(layer, "kernel_size"):
        return False
    name: str = layer.input._keras_history.operation.name
    return name.endswith(("_blur", "_halve"))


def _leaves(network: Any) -> list[Any]:
    """All layers, those of networks within the network in its place."""
    return [leaf for layer in network.layers for leaf in (_leaves(layer) if hasattr(layer, "layers") else [layer])]
