"""The targets of training images: probabilities of all labels instead of one label each.

Columns 0 to 6 are FER2013's labels. FER+ votes are translated into P(label | votes) there, for voters choose by other
habits: ``docs/training.md``, Votes. For a network with a votes head, columns 7 to 14 are the shares of the votes
themselves, in FER+'s order.
"""

import numpy as np

from contracts.emotions import EMOTIONS, VOTED
from models.classification import softmax
from training.shared.errors import DataError
from training.shared.fer2013 import Split

_STEPS = 300
_RATE = 2.0
_DECAY = 1e-4


def soft_targets(
    split: Split, *, label_smoothing: float, votes_weight: float, teacher_weight: float = 0.0, votes_head: bool = False
) -> np.ndarray:
    """Targets: the label, smoothed, mixed with votes and with the probabilities of teachers.

    Args:
        split: training images.
        label_smoothing: part of the target that is spread over all labels.
        votes_weight: share of the votes; an image without votes keeps its label.
        teacher_weight: share of the teachers in what comes of that.
        votes_head: whether the network has a second output, of the votes.

    Returns:
        float32 [N, 7], rows sum to 1; or [N, 15] with a votes head, for which an image without votes has zeros.

    Raises:
        DataError: votes or teachers have a share and there are none.
    """
    targets = _of_people(split, label_smoothing, votes_weight)
    if votes_head:
        targets = np.hstack([targets, vote_shares(split)])
    if not teacher_weight:
        return targets
    if split.teacher_probabilities is None:
        raise DataError("The recipe has a teacher_weight and there is no teacher: give --teacher, or set it to 0.")
    return mix_answers(targets, split.teacher_probabilities, teacher_weight)


def mix_answers(targets: np.ndarray, answers: np.ndarray, weight: float) -> np.ndarray:
    """Mix targets [N, 7] or [N, 15] with answers of trained networks; a head that only one of them has stays as it is.

    Args:
        targets: of people.
        answers: [N, 7] or [N, 15], for the same images.
        weight: share of the answers.
    """
    mixed = targets.astype(np.float32)
    shared = min(targets.shape[1], answers.shape[1])
    mixed[:, :shared] += np.float32(weight) * (answers[:, :shared].astype(np.float32) - mixed[:, :shared])
    return mixed


def vote_shares(split: Split) -> np.ndarray:
    """How the votes are shared among FER+'s eight classes: float32 [N, 8]; zeros where nobody chose one of them.

    Raises:
        DataError: there are no votes.
    """
    if split.votes is None:
        raise DataError("The network has a votes head and there are no FER+ votes: give --votes, or set votes_head=0.")
    votes = split.votes[:, : len(VOTED)]
    return np.asarray(votes / np.maximum(votes.sum(1, keepdims=True), 1), np.float32)


def _of_people(split: Split, label_smoothing: float, votes_weight: float) -> np.ndarray:
    hard = np.eye(len(EMOTIONS), dtype=np.float32)[split.labels]
    targets = hard * (1 - label_smoothing) + label_smoothing / len(EMOTIONS)
    if not votes_weight:
        return np.asarray(targets, np.float32)
    if split.votes is None:
        raise DataError("The recipe uses FER+ votes and there are none: give --votes, or set votes_weight to 0.")
    voted = split.votes.sum(1) > 0
    translated = targets.copy()
    translated[voted] = translate_votes(split.votes[voted], hard[voted])
    return np.asarray((1 - votes_weight) * targets + votes_weight * translated, np.float32)


def translate_votes(votes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """P(label | votes) for each row of ``votes`` [N, 10], fitted to their one-hot ``labels`` [N, 7]."""
    shares = votes / votes.sum(1, keepdims=True)
    features = np.hstack([shares, np.sqrt(shares), np.ones((len(votes), 1))])
    weights = np.zeros((features.shape[1], labels.shape[1]))
    for _ in range(_STEPS):
        error = softmax(features @ weights, np.float64) - labels
        weights -= _RATE * (features.T @ error / len(votes) + _DECAY * weights)
    return np.asarray(softmax(features @ weights, np.float64), np.float32)
