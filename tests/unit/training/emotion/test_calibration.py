"""The calibration behind labels that were drawn from it."""

import numpy as np
import pytest

from training.emotion.calibration import fit_calibration


@pytest.mark.parametrize("temperature", [0.6, 1.0, 2.5])
def test_the_calibration_that_made_the_labels_is_found(temperature: float) -> None:
    rng = np.random.default_rng(7)
    logits = rng.normal(0, 2, (3_000, 7))
    offsets = np.array([0.0, -1.5, 0.5, 0, 0, 0, 0])
    scaled = np.exp((logits - offsets) / temperature)
    drawn = (rng.random((3_000, 1)) < (scaled / scaled.sum(1, keepdims=True)).cumsum(1)).argmax(1)
    found = fit_calibration(logits, np.eye(7)[drawn])
    assert found.temperature == pytest.approx(temperature, rel=0.1)
    assert np.allclose(found.offsets - found.offsets.mean(), offsets.mean() - offsets, atol=0.3)
    assert np.allclose(found.apply(np.zeros((1, 7))), found.offsets / found.temperature)


def test_images_without_votes_do_not_count() -> None:
    rng = np.random.default_rng(3)
    logits, shares = rng.normal(0, 1, (400, 8)), rng.dirichlet(np.ones(8), 400)
    shares[200:] = 0
    found, wanted = fit_calibration(logits, shares), fit_calibration(logits[:200], shares[:200])
    assert found.temperature == wanted.temperature
    assert np.array_equal(found.offsets, wanted.offsets)


def test_balance_finds_rare_labels_more_often_and_leaves_confidence_true() -> None:
    rng = np.random.default_rng(5)
    labels = np.where(rng.random(6_000) < 0.1, 1, 0)
    logits = np.eye(2)[labels] * 1.5 + rng.normal(0, 1, (6_000, 2))
    answers = {}
    for balance in (0.0, 0.5):
        scaled = fit_calibration(logits, np.eye(2)[labels], balance).apply(logits)
        answers[balance] = np.exp(scaled) / np.exp(scaled).sum(1, keepdims=True)
    found = {balance: (said.argmax(1) == 1)[labels == 1].mean() for balance, said in answers.items()}
    assert found[0.5] > found[0.0] + 0.15
    right = (answers[0.5].argmax(1) == labels).mean()
    assert answers[0.5].max(1).mean() == pytest.approx(right, abs=0.03)
