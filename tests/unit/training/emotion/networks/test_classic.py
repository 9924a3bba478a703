"""The network of the tutorials."""

from training.emotion.networks import build_network


def test_the_classic_network_is_the_classic_one() -> None:
    network = build_network("classic")
    kinds = [type(layer).__name__ for layer in network.layers]
    assert [kind for kind in kinds if kind != "Dropout"] == [
        *["Conv2D", "MaxPooling2D"] * 3,
        "Flatten",
        "Dense",
        "Dense",
        "Softmax",
    ]
    filters = [layer.filters for layer in network.layers if hasattr(layer, "filters")]
    assert filters == [32, 64, 128]
    assert {layer.kernel_size for layer in network.layers if hasattr(layer, "kernel_size")} == {(3, 3)}
    assert [layer.units for layer in network.layers if hasattr(layer, "units")] == [128, 7]
