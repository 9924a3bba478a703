"""A network while it learns."""

import numpy as np
import pytest

from support.training import QUICK_MIEN
from training.emotion.learner import Learner
from training.emotion.targets import soft_targets
from training.shared.fer2013 import Fer2013


@pytest.fixture
def batch(data: Fer2013) -> tuple[np.ndarray, np.ndarray]:
    chosen = np.arange(0, 70, 5)
    targets = soft_targets(data.train, label_smoothing=0, votes_weight=0, votes_head=True)
    return data.train.images[chosen].astype(np.float32), targets[chosen]


def test_a_restored_learner_takes_the_step_that_would_have_come_next(batch: tuple[np.ndarray, np.ndarray]) -> None:
    recipe = QUICK_MIEN.model_copy(update={"dropout": 0.0})
    learner, other = Learner(recipe, steps_per_epoch=4), Learner(recipe, steps_per_epoch=4)
    learner.step(*batch)
    other.restore(learner.state())
    assert learner.step(*batch) == pytest.approx(other.step(*batch), rel=1e-4)
    for name, value in learner.state().items():
        assert np.allclose(value, other.state()[name], atol=1e-4)


def test_a_sparse_recipe_keeps_zeros(batch: tuple[np.ndarray, np.ndarray]) -> None:
    learner = Learner(QUICK_MIEN.model_copy(update={"sparse": True}), steps_per_epoch=4)
    weights = learner.model.get_weights()
    weights[0] = np.where(np.arange(weights[0].size).reshape(weights[0].shape) % 2, weights[0], np.float32(0))
    learner.begin_with(weights)
    learner.step(*batch)
    after = learner.model.get_weights()[0]
    assert (after[weights[0] == 0] == 0).all()
    assert not np.array_equal(after, weights[0])


def test_a_votes_head_learns_from_its_own_targets_alone(batch: tuple[np.ndarray, np.ndarray]) -> None:
    """Targets of zeros are no targets: that head's weights stay."""
    learner = Learner(QUICK_MIEN.model_copy(update={"weight_decay": 0.0}), steps_per_epoch=4)
    images, targets = batch
    before = learner.model.get_layer("votes_logits").get_weights()
    without = np.hstack([targets[:, :7], np.zeros((len(images), 8), np.float32)])
    learner.step(images, without)
    unchanged = learner.model.get_layer("votes_logits").get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(before, unchanged, strict=True))
    learner.step(images, targets)
    assert not np.array_equal(before[0], learner.model.get_layer("votes_logits").get_weights()[0])


@pytest.mark.parametrize(("votes_head", "columns"), [(0.0, 7), (1.0, 15)])
def test_the_averaged_network_answers_by_every_head(data: Fer2013, votes_head: float, columns: int) -> None:
    learner = Learner(QUICK_MIEN.model_copy(update={"votes_head": votes_head}), steps_per_epoch=4)
    probabilities = learner.predict(data.public_test.images)
    assert probabilities.shape == (21, columns)
    assert np.allclose(probabilities[:, :7].sum(1), 1, atol=1e-5)
    assert np.allclose(probabilities[:, 7:].sum(1), columns > 7, atol=1e-5)


def test_consistency_costs_what_two_looks_at_an_image_differ(batch: tuple[np.ndarray, np.ndarray]) -> None:
    """Nothing while the two halves of a batch are the same; and it is what is learned where targets say nothing."""
    recipe = QUICK_MIEN.model_copy(update={"dropout": 0.0, "weight_decay": 0.0})
    images, targets = batch
    twice, shifted = np.tile(images[:7], (2, 1, 1)), np.concatenate([images[:7], np.roll(images[:7], 5, axis=2)])
    plain, held = (Learner(recipe.model_copy(update={"consistency": each}), steps_per_epoch=4) for each in (0.0, 9.0))
    assert held.step(twice, targets) == pytest.approx(plain.step(twice, targets), rel=1e-5)
    nothing = np.zeros_like(targets)
    before = held.step(shifted, nothing)
    for _ in range(8):
        after = held.step(shifted, nothing)
    assert 0 < after < 0.5 * before
    assert plain.step(shifted, nothing) == 0
