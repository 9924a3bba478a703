"""The batches of each epoch: shuffled, changed, mixed; drawn from (seed, epoch), so a resumed run sees the same."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from training.emotion.augment import augment, change, draw_changes, erase, mix_up, unchanged
from training.emotion.recipe import Recipe
from training.emotion.targets import mix_answers
from training.emotion.views import Views
from training.shared.fer2013 import Split

Batch = tuple[np.ndarray, np.ndarray]
"""Images float32 [B, 48, 48] in 0..255 and targets float32 [B, 7] or [B, 15]."""


class Batches(Protocol):
    """Gives the batches of an epoch."""

    def epoch(self, number: int) -> Iterator[Batch]:
        """Batches of the epoch ``number``, from 0; the same at every call."""


class LabelledBatches:
    """Images that are changed anew each time, and targets that do not know how."""

    def __init__(self, recipe: Recipe, split: Split, targets: np.ndarray) -> None:
        """Take training images and their targets."""
        self._recipe, self._split, self._targets = recipe, split, targets

    def epoch(self, number: int) -> Iterator[Batch]:
        """Batches of the epoch ``number``, from 0."""
        recipe, split = self._recipe, self._split
        rng = np.random.default_rng([recipe.seed, number])
        for chosen in _chosen(recipe, split, rng):
            images = augment(split.images[chosen], recipe.augmentation, rng)
            yield _mixed(images, self._targets[chosen], recipe, rng)


class ViewedBatches:
    """Views that teachers have answered, a little changed: what they say of a view holds for its neighbours too."""

    def __init__(self, recipe: Recipe, split: Split, targets: np.ndarray, views: Views) -> None:
        """Take training images, their targets by people, and the views of these images."""
        self._recipe, self._split, self._targets, self._views = recipe, split, targets, views

    def epoch(self, number: int) -> Iterator[Batch]:
        """Batches of the epoch ``number``, from 0: of one view of every image, or in the last epochs of none."""
        recipe, split = self._recipe, self._split
        view, plain = number % self._views.count, number >= recipe.epochs - recipe.plain_epochs
        changes = unchanged(len(split)) if plain else self._views.changes(view)
        answers = self._views.target(view, 0.0 if plain else recipe.own_view)
        targets = mix_answers(self._targets, answers, recipe.teacher_weight)
        rng = np.random.default_rng([recipe.seed, number])
        for chosen in _chosen(recipe, split, rng):
            jitter = draw_changes(len(chosen), recipe.augmentation, rng)
            images = change(split.images[chosen], changes.take(chosen).then(jitter))
            if recipe.augmentation.erase:
                erase(images, recipe.augmentation, rng)
            yield _mixed(images, targets[chosen], recipe, rng)


def draw_order(labels: np.ndarray, class_balance: float, rng: np.random.Generator) -> np.ndarray:
    """Draw the images of an epoch.

    Args:
        labels: [N], of the training images.
        class_balance: an image of a label that is n times as rare as the most frequent one comes n^class_balance
            times as often.
        rng: draws the order.

    Returns:
        Indices [N].
    """
    counts = np.bincount(labels)
    times = (counts.max() / np.maximum(counts, 1)) ** class_balance
    shown = np.floor(times[labels] + rng.random(len(labels))).astype(int)
    return np.asarray(rng.permutation(np.repeat(np.arange(len(labels)), shown))[: len(labels)])


def _chosen(recipe: Recipe, split: Split, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Indices of the images of each batch; with ``consistency``, of the same images in both of its halves."""
    order = draw_order(split.labels, recipe.class_balance, rng)
    size = recipe.images_a_step
    for start in range(0, len(order) - size + 1, size):
        yield np.tile(order[start : start + size], recipe.batch // size)


def _mixed(images: np.ndarray, targets: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> Batch:
    return mix_up(images, targets, recipe.mixup, rng) if recipe.mixup else (images, targets)
