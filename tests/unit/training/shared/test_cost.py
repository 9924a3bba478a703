"""Parameters and multiply-adds, counted by hand."""

from keras import Input, Sequential, layers

from training.shared.cost import cost_of


def test_convolutions_and_dense_layers_count() -> None:
    network = Sequential(
        [
            Input((8, 10, 3)),
            layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.DepthwiseConv2D(5, padding="same", use_bias=False),
            layers.Flatten(),
            layers.Dense(7),
        ]
    )
    cost = cost_of(network)
    places = 4 * 5
    assert cost.multiply_adds == places * 3 * 3 * 3 * 4 + places * 5 * 5 * 4 + places * 4 * 7
    assert cost.parameters == 3 * 3 * 3 * 4 + 4 * 4 + 5 * 5 * 4 + places * 4 * 7 + 7
