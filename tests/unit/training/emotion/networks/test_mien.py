"""Mien's network has the size and cost that are written about it."""

import numpy as np
import pytest

from training.emotion.networks import build_network
from training.emotion.networks.mien import inner_width
from training.shared.cost import cost_of


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


@pytest.mark.parametrize("blur", [False, True])
def test_with_blur_a_mirrored_face_is_read_at_the_mirrored_places(blur: bool) -> None:
    """With kernels that are their own mirrors, the answers are equal then; a plain network reads one pixel beside."""
    network = build_network("mien", blur=blur)
    for layer in network.layers:
        if layer.name.endswith("_conv"):
            (kernel,) = layer.get_weights()
            layer.set_weights([(kernel + kernel[:, ::-1]) / 2])
    images = np.random.default_rng(0).uniform(0, 255, (4, 48, 48, 1)).astype(np.float32)
    logits = [np.log(network(shown).numpy()) for shown in (images, images[:, :, ::-1])]
    assert np.allclose(*logits, atol=1e-5) == blur


def test_a_votes_head_is_a_second_output() -> None:
    network = build_network("mien", votes=True, blur=True)
    assert [output.shape[1:] for output in network.outputs] == [(7,), (8,)]
    assert cost_of(network).multiply_adds <= 60_000_000
