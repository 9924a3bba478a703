"""Mien's network has the size and cost that are written about it."""

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
