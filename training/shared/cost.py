"""What a network costs to store and to run."""

from dataclasses import dataclass
from math import prod
from typing import Any


@dataclass(frozen=True)
class Cost:
    """Weights, and multiply-adds for one image."""

    parameters: int
    multiply_adds: int


def cost_of(model: Any) -> Cost:
    """Count the parameters and the multiply-adds of the convolutions and dense layers of a Keras model.

    Additions, activations and normalisations are left out, as is usual: the exported network folds most of
    them away. The size of the model's input must be fixed.
    """
    from keras import layers

    adds = 0
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
            _, height, width, _ = layer.output.shape
            adds += prod(layer.kernel.shape) * height * width
        elif isinstance(layer, layers.Dense):
            adds += prod(layer.kernel.shape)
    return Cost(parameters=model.count_params(), multiply_adds=adds)
