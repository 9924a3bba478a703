"""A network while it learns."""

import numpy as np
import pytest

from support.training import QUICK_MIEN
from training.emotion.learner import Learner
from training.shared.fer2013 import Fer2013


@pytest.fixture
def batch(data: Fer2013) -> tuple[np.ndarray, np.ndarray]:
    chosen = np.arange(0, 70, 5)
    return data.train.images[chosen].astype(np.float32), np.eye(7, dtype=np.float32)[data.train.labels[chosen]]


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


def test_the_averaged_network_answers(data: Fer2013) -> None:
    probabilities = Learner(QUICK_MIEN, steps_per_epoch=4).predict(data.public_test.images)
    assert probabilities.shape == (21, 7)
    assert np.allclose(probabilities.sum(1), 1, atol=1e-5)


def test_a_votes_head_learns_from_its_own_targets_alone(batch: tuple[np.ndarray, np.ndarray]) -> None:
    """Targets of zeros are no targets: that head's weights stay."""
    learner = Learner(QUICK_MIEN.model_copy(update={"votes_head": 1.0, "weight_decay": 0.0}), steps_per_epoch=4)
    images, targets = batch
    before = learner.model.get_layer("votes_logits").get_weights()
    learner.step(images, np.hstack([targets, np.zeros((len(images), 8), np.float32)]))
    unchanged = learner.model.get_layer("votes_logits").get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(before, unchanged, strict=True))
    learner.step(images, np.hstack([targets, np.eye(8, dtype=np.float32)[np.arange(len(images)) % 8]]))
    assert not np.array_equal(before[0], learner.model.get_layer("votes_logits").get_weights()[0])


def test_both_heads_answer(data: Fer2013) -> None:
    recipe = QUICK_MIEN.model_copy(update={"votes_head": 1.0, "blur": True})
    answers = Learner(recipe, steps_per_epoch=4).predict(data.public_test.images)
    assert answers.shape == (21, 15)
    assert np.allclose(answers[:, 7:].sum(1), 1, atol=1e-5)
