"""The networks have the shapes, sizes and costs that are written about them."""

import numpy as np
import pytest

from training.emotion.networks import build_network
from training.emotion.networks.fused import fuse_normalisations
from training.emotion.networks.mien import inner_width
from training.shared.cost import cost_of


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


def test_miens_network_stays_within_its_limits() -> None:
    cost = cost_of(build_network("mien"))
    assert cost.parameters <= 2_000_000
    assert cost.multiply_adds <= 60_000_000


def test_a_narrower_network_costs_less() -> None:
    whole, narrow = cost_of(build_network("mien")), cost_of(build_network("mien", inner=0.7))
    assert narrow.multiply_adds < 0.6 * whole.multiply_adds


@pytest.mark.parametrize(
    ("width", "inner", "between"), [(32, 1.0, 32), (160, 0.5, 80), (128, 0.55, 64), (160, 0.7, 112), (16, 0.1, 16)]
)
def test_inner_widths_are_multiples_of_sixteen(width: int, inner: float, between: int) -> None:
    assert inner_width(width, inner) == between


@pytest.mark.parametrize("name", ["classic", "mien"])
def test_an_untrained_network_gives_probabilities(name: str) -> None:
    images = np.random.default_rng(1).random((3, 48, 48, 1), np.float32)
    answers = build_network(name)(images).numpy()  # type: ignore[arg-type]
    assert answers.shape == (3, 7)
    assert np.allclose(answers.sum(1), 1, atol=1e-5)


def test_fused_normalisation_learns_the_same_statistics_and_answers_the_same() -> None:
    images = np.random.default_rng(0).uniform(0, 255, (32, 48, 48, 1)).astype(np.float32)
    plain = build_network("mien", dropout=0.0)
    fused = fuse_normalisations(plain)

    in_training = [np.asarray(network(images, training=True)) for network in (plain, fused)]
    afterwards = [np.asarray(network(images, training=False)) for network in (plain, fused)]

    np.testing.assert_allclose(in_training[0], in_training[1], atol=1e-4)
    np.testing.assert_allclose(afterwards[0], afterwards[1], atol=2e-3)  # variance over n - 1 instead of n
    assert any(type(layer).__name__ == "FusedBatchNormalization" for layer in fused.layers)
