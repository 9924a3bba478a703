"""What a network is asked to answer."""

from dataclasses import replace

import numpy as np
import pytest

from training.emotion.targets import mix_answers, soft_targets, translate_votes, vote_shares
from training.shared.errors import DataError
from training.shared.fer2013 import Fer2013


def test_smoothing_leaves_a_little_for_every_label(data: Fer2013) -> None:
    targets = soft_targets(data.train, label_smoothing=0.07, votes_weight=0)
    assert np.allclose(targets.sum(1), 1)
    assert np.allclose(targets.min(1), 0.01)
    assert np.array_equal(targets.argmax(1), data.train.labels)


def test_votes_are_translated_into_the_labels_terms(data: Fer2013) -> None:
    """Votes that lean to "neutral" for every face say nothing of neutral faces once translated."""
    assert data.train.votes is not None
    labels = np.eye(7)[data.train.labels]
    assert np.array_equal(translate_votes(data.train.votes, labels).argmax(1), data.train.labels)


def test_an_image_without_votes_keeps_its_label(data: Fer2013) -> None:
    assert data.train.votes is not None
    votes = data.train.votes.copy()
    votes[0] = 0
    targets = soft_targets(replace(data.train, votes=votes), label_smoothing=0, votes_weight=0.5)
    assert np.array_equal(targets[0], np.eye(7)[data.train.labels[0]])
    assert targets[1].max() < 1
    assert np.allclose(targets.sum(1), 1, atol=1e-5)


def test_votes_that_are_asked_for_must_be_there(data: Fer2013) -> None:
    with pytest.raises(DataError, match="votes"):
        soft_targets(replace(data.train, votes=None), label_smoothing=0, votes_weight=0.5)


def test_teachers_share_the_target_with_the_label(data: Fer2013) -> None:
    teacher_probabilities = np.full((len(data.train), 7), 1 / 7, np.float32)
    split = replace(data.train, teacher_probabilities=teacher_probabilities)
    targets = soft_targets(split, label_smoothing=0, votes_weight=0, teacher_weight=0.7)
    assert np.allclose(targets.max(1), 0.3 + 0.1)
    assert np.array_equal(targets.argmax(1), data.train.labels)


def test_a_teacher_that_is_asked_for_must_be_there(data: Fer2013) -> None:
    with pytest.raises(DataError, match="--teacher"):
        soft_targets(data.train, label_smoothing=0, votes_weight=0, teacher_weight=0.5)


def test_a_votes_head_learns_the_shares_of_eight_classes(data: Fer2013) -> None:
    assert data.train.votes is not None
    votes = data.train.votes.copy()
    votes[0, :8], votes[0, 8:] = 0, 5
    votes[1, 9] = 90
    split = replace(data.train, votes=votes)
    targets = soft_targets(split, label_smoothing=0, votes_weight=0, votes_head=True)
    assert targets.shape == (70, 15)
    assert np.array_equal(targets[:, 7:], vote_shares(split))
    assert not targets[0, 7:].any(), "nobody said one of the eight"
    assert np.allclose(targets[1:, 7:].sum(1), 1)
    assert targets[1, 7:].max() == pytest.approx(0.7)


def test_a_votes_head_needs_votes(data: Fer2013) -> None:
    with pytest.raises(DataError, match="votes_head"):
        vote_shares(replace(data.train, votes=None))


def test_answers_of_a_teacher_without_votes_leave_the_votes_as_they_are() -> None:
    targets = np.full((2, 15), 0.5, np.float32)
    mixed = mix_answers(targets, np.zeros((2, 7), np.float16), 0.4)
    assert np.allclose(mixed[:, :7], 0.3)
    assert np.array_equal(mixed[:, 7:], targets[:, 7:])
