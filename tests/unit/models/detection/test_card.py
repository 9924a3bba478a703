"""The card of our own detector."""

import pytest
from pydantic import ValidationError

from models.detection.card import Calibration, DetectorCard
from models.detection.lite import NETWORK
from models.weights import load_weights


def test_the_shipped_card_names_inputs_that_divide_by_the_largest_stride() -> None:
    card = load_weights(NETWORK, DetectorCard)[1]
    shapes = [card.wide, card.square, *card.fine_wide, *card.fine_square]
    assert all(side % 32 == 0 for shape in shapes for side in shape)
    assert len(card.fine_wide) == len(card.fine_square)
    assert card.look_score < card.keep_score < card.min_score


def test_a_calibration_keeps_the_order_of_scores() -> None:
    with pytest.raises(ValidationError, match="slope"):
        Calibration(slope=0)
