"""The classic network of the FER2013 tutorials: three convolutions with pooling, one hidden layer."""

from typing import Any


def build_classic(dropout: float) -> Any:
    """Conv 32-64-128 of 3x3, each with ReLU and 2x2 max-pooling, Dense 128, softmax 7; grey values in [0, 1].

    350 thousand parameters. The dropout sits before the output and is gone once the network is trained.
    """
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((48, 48, 1), name="image"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(128, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(7, name="logits", dtype="float32"),
            layers.Softmax(name="probabilities", dtype="float32"),
        ],
        name="classic",
    )
