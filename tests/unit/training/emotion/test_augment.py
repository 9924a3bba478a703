"""Random changes of training images stay within their bounds and can be repeated."""

import numpy as np

from training.emotion.augment import augment, change, draw_changes, mix_up
from training.emotion.recipe import MIEN, Augmentation
from training.shared.fer2013 import Fer2013

NOTHING = Augmentation(flip=False, rotation=0, zoom=0)


def generator() -> np.random.Generator:
    return np.random.default_rng(4)


def test_no_change_is_no_change(data: Fer2013) -> None:
    images = data.train.images
    assert np.array_equal(augment(images, NOTHING, generator()), images.astype(np.float32))


def test_the_same_generator_gives_the_same_images(data: Fer2013) -> None:
    images = data.train.images
    once, again = (augment(images, MIEN.augmentation, generator()) for _ in range(2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, augment(images, MIEN.augmentation, np.random.default_rng(5)))


def test_grey_values_stay_grey_values(data: Fer2013) -> None:
    changed = augment(data.train.images, MIEN.augmentation, generator())
    assert changed.shape == data.train.images.shape
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 255


def test_every_second_image_is_mirrored(data: Fer2013) -> None:
    images = np.concatenate([data.train.images] * 4)
    changed = augment(images, Augmentation(flip=True, rotation=0, zoom=0), generator())
    plain = (changed == images).all((1, 2))
    mirrored = (changed == images[:, :, ::-1]).all((1, 2))
    assert (plain ^ mirrored).all()
    assert 0.35 < mirrored.mean() < 0.65


def test_erasing_paints_rectangles_of_one_grey(data: Fer2013) -> None:
    images = data.train.images
    changed = augment(images, NOTHING.model_copy(update={"erase": 1.0}), generator())
    for before, after in zip(images, changed, strict=True):
        rows, columns = np.nonzero(before != after)
        assert 0 < len(rows) <= 24 * 24
        assert np.ptp(rows) < 24
        assert np.ptp(columns) < 24
        assert len(np.unique(after[before != after])) == 1


def test_mixing_keeps_targets_probabilities_and_most_of_the_image() -> None:
    images = np.stack([np.full((48, 48), value, np.float32) for value in (0, 100, 200, 255)])
    targets = np.eye(4, 7, dtype=np.float32)
    mixed, wanted = mix_up(images, targets, 0.4, generator())
    assert np.allclose(wanted.sum(1), 1)
    assert (wanted[np.arange(4), np.arange(4)] >= 0.5 - 1e-6).all()
    assert np.allclose(mixed[:, 0, 0], wanted[:, :4] @ images[:, 0, 0], atol=1e-3)


def test_changes_in_turn_are_one_change(data: Fer2013) -> None:
    """Two mirrors are none, and two shifts are their sum; nothing is sampled twice."""
    images = data.train.images
    mirrors = [draw_changes(len(images), Augmentation(flip=True, rotation=0, zoom=0), generator()) for _ in range(2)]
    assert np.array_equal(change(images, mirrors[0].then(mirrors[1])), images.astype(np.float32))
    first, second = (draw_changes(len(images), MIEN.augmentation, np.random.default_rng(seed)) for seed in (1, 2))
    both = first.then(second)
    assert np.allclose(both.matrices, second.matrices @ first.matrices)
    assert np.allclose(both.brightness, first.brightness + second.brightness)
    assert np.array_equal(both.coarse, first.coarse | second.coarse)


def test_changes_can_be_taken_apart(data: Fer2013) -> None:
    images, chosen = data.train.images, np.array([5, 3, 60])
    changes = draw_changes(len(images), MIEN.augmentation, generator())
    assert np.array_equal(change(images[chosen], changes.take(chosen)), change(images, changes)[chosen])
