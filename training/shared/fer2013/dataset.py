"""Images and labels of FER2013 as arrays."""

import hashlib
from dataclasses import dataclass

import numpy as np

from contracts.emotions import EMOTIONS
from training.shared.errors import DataError

SIDE = 48
"""Width and height of an image of FER2013, in pixels."""


@dataclass(frozen=True)
class Split:
    """One part of the data: the same index means the same image in all fields."""

    images: np.ndarray
    """uint8 [N, 48, 48], grey."""
    labels: np.ndarray
    """int64 [N], index into ``contracts.emotions.EMOTIONS``."""
    names: tuple[str, ...]
    """File names; ``fer0000000.png`` is row 0 of ``fer2013.csv``, and the key of the FER+ votes."""
    votes: np.ndarray | None = None
    """float32 [N, 10], how many of ten people chose each of ``votes.CHOICES``; 0 where there are no votes."""

    teacher_probabilities: np.ndarray | None = None
    """float32 [N, 7] or [N, 15], what trained networks answer; see ``training.emotion.distillation``."""

    def __len__(self) -> int:
        """How many images."""
        return len(self.labels)

    def take(self, index: np.ndarray) -> "Split":
        """Give the images at ``index``, integers [M] or booleans [N]."""
        chosen = np.arange(len(self))[index]
        votes = None if self.votes is None else self.votes[chosen]
        teacher_probabilities = None if self.teacher_probabilities is None else self.teacher_probabilities[chosen]
        names = tuple(self.names[i] for i in chosen)
        return Split(self.images[chosen], self.labels[chosen], names, votes, teacher_probabilities)


@dataclass(frozen=True)
class Fer2013:
    """The official parts: 28,709 images to train, 3,589 public and 3,589 private to test, or fewer."""

    train: Split
    public_test: Split
    private_test: Split | None = None


def hold_out(split: Split, fraction: float, seed: int) -> tuple[Split, Split]:
    """Split off images for validation, the same share of every label.

    Args:
        split: training images.
        fraction: share that is held out.
        seed: decides which.

    Returns:
        The rest, and the validation part.

    Raises:
        DataError: a label would be left without images on one side.
    """
    rng = np.random.default_rng(seed)
    held = np.zeros(len(split), bool)
    for label, emotion in enumerate(EMOTIONS):
        members = np.flatnonzero(split.labels == label)
        count = round(len(members) * fraction)
        if count < 1 or count >= len(members):
            raise DataError(
                f"The split is empty: {len(members)} training images of {emotion!r} "
                f"cannot be divided with {fraction:.0%} for validation."
            )
        held[rng.permutation(members)[:count]] = True
    return split.take(~held), split.take(held)


def fold_of(split: Split, folds: int, seed: int) -> np.ndarray:
    """Divide images into ``folds`` parts of about one size; images of equal pixels come into the same.

    Args:
        split: images.
        folds: how many parts.
        seed: decides which image comes into which.

    Returns:
        int64 [N], from 0 to folds - 1.
    """
    _, kinds = np.unique(split.images.reshape(len(split), -1), axis=0, return_inverse=True)
    order = np.random.default_rng(seed).permutation(kinds.max() + 1)
    return np.asarray(order[kinds] % folds, np.int64)


def fingerprint(data: Fer2013) -> str:
    """SHA-256 over names, labels and pixels of all parts: equal for equal data in whatever form."""
    digest = hashlib.sha256()
    for split in (data.train, data.public_test, data.private_test):
        if split is None:
            continue
        for position in np.argsort(np.array(split.names)):
            digest.update(split.names[position].encode())
            digest.update(bytes([int(split.labels[position])]))
            digest.update(split.images[position].tobytes())
    return digest.hexdigest()
