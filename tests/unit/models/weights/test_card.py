"""Cards say what a network is, what it learned from and what it must not be used for."""

import pytest

from models.classification import EmotionCard
from models.weights import available, load_weights


@pytest.mark.parametrize("name", available("emotion"))
def test_every_card_says_what_the_network_must_not_be_used_for(name: str) -> None:
    _, card = load_weights(name, EmotionCard)
    words = " ".join(card.limits)
    for phrase in ("not a felt emotion", "Demographics: not measured", "workplaces", "schools", "told"):
        assert phrase in words
    assert card.scores["public_test"]["accuracy"] > 0.5
    assert card.data[0].sha256
    assert len(card.commit) == 40
