"""Batches repeat, and a student sees the views that teachers answered."""

from pathlib import Path

import numpy as np

from support.training import QUICK
from training.emotion.augment import change
from training.emotion.batches import LabelledBatches, ViewedBatches, draw_order
from training.emotion.recipe import WIDER, Augmentation
from training.emotion.views import Views
from training.shared.fer2013 import Fer2013
from training.shared.run_folder import RunFolder

STILL = Augmentation(flip=False, rotation=0, zoom=0)


def test_an_epoch_has_the_same_batches_at_every_call(data: Fer2013) -> None:
    targets = np.eye(7, dtype=np.float32)[data.train.labels]
    batches = LabelledBatches(QUICK, data.train, targets)
    once, again, other = (list(batches.epoch(number)) for number in (3, 3, 4))
    assert len(once) == 70 // QUICK.batch
    assert all(
        np.array_equal(a, b) for one, two in zip(once, again, strict=True) for a, b in zip(one, two, strict=True)
    )
    assert not np.array_equal(once[0][0], other[0][0])


def test_a_view_comes_with_the_answers_to_it(data: Fer2013, tmp_path: Path) -> None:
    """Epoch 4 of 3 views shows view 1: as it was answered, if the recipe adds no jitter."""
    views = Views(tmp_path, data.train.images, WIDER, 3, seed=5)
    answers = np.random.default_rng(1).dirichlet(np.ones(7), (3, 70)).astype(np.float16)
    for number in range(3):
        RunFolder(tmp_path).write_arrays(f"{number:03d}.npz", {"answers": answers[number]})
    recipe = QUICK.model_copy(update={"teacher_weight": 1.0, "own_view": 0.75, "augmentation": STILL, "epochs": 9})
    wanted = 0.75 * answers[1].astype(np.float32) + 0.25 * answers.astype(np.float32).mean(0)
    batches = list(ViewedBatches(recipe, data.train, np.zeros((70, 7), np.float32), views).epoch(4))
    shown = change(data.train.images, views.changes(1))
    for image, target in zip(batches[0][0], batches[0][1], strict=True):
        (index,) = np.flatnonzero((np.abs(shown - image) < 0.01).all((1, 2)))
        assert np.allclose(target, wanted[index], atol=1e-6)


def test_in_the_last_epochs_images_come_as_they_are(data: Fer2013, tmp_path: Path) -> None:
    views = Views(tmp_path, data.train.images, WIDER, 2, seed=5)
    answers = np.random.default_rng(1).dirichlet(np.ones(7), (2, 70)).astype(np.float16)
    for number in range(2):
        RunFolder(tmp_path).write_arrays(f"{number:03d}.npz", {"answers": answers[number]})
    changes = {"teacher_weight": 1.0, "augmentation": STILL, "epochs": 6, "plain_epochs": 2}
    batches = ViewedBatches(QUICK.model_copy(update=changes), data.train, np.zeros((70, 7), np.float32), views)
    shown = {image.tobytes(): index for index, image in enumerate(data.train.images.astype(np.float32))}
    for image, target in zip(*next(batches.epoch(4)), strict=True):
        assert np.allclose(target, answers.astype(np.float32).mean(0)[shown[image.tobytes()]], atol=1e-6)
    assert next(batches.epoch(3))[0][0].tobytes() not in shown


def test_consistency_shows_each_image_of_a_batch_twice_and_each_time_differently(data: Fer2013, tmp_path: Path) -> None:
    """Of images as of views; an epoch has each image once, so it has twice as many batches."""
    recipe = QUICK.model_copy(update={"consistency": 1.0, "augmentation": WIDER, "teacher_weight": 1.0})
    targets = np.eye(70, dtype=np.float32)
    views = Views(tmp_path, data.train.images, WIDER, 1, seed=5)
    RunFolder(tmp_path).write_arrays("000.npz", {"answers": np.eye(70, dtype=np.float16)})
    for batches in (LabelledBatches(recipe, data.train, targets), ViewedBatches(recipe, data.train, targets, views)):
        epoch = list(batches.epoch(0))
        assert len(epoch) == 70 // (recipe.batch // 2)
        for images, wanted in epoch:
            (one, other), (of_one, of_other) = np.split(images, 2), np.split(wanted, 2)
            assert np.array_equal(of_one, of_other)
            assert (np.abs(one - other).max((1, 2)) > 1).all()
        seen = np.concatenate([wanted[: len(wanted) // 2].argmax(1) for _, wanted in epoch])
        assert len(set(seen.tolist())) == len(seen) > 64


def test_class_balance_shows_rare_labels_more_often_in_an_epoch_of_the_same_length() -> None:
    labels = np.repeat([0, 1], [1600, 100])
    as_they_are = draw_order(labels, 0.0, np.random.default_rng(0))
    balanced = labels[draw_order(labels, 0.5, np.random.default_rng(0))]

    assert sorted(as_they_are) == list(range(1700))
    assert len(balanced) == 1700
    assert 0.17 < (balanced == 1).mean() < 0.23  # 4 times as often: 400 of 2,000
