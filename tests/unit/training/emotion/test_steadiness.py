"""Steadiness of answers on images that hardly change."""

from itertools import pairwise

import numpy as np
import pytest

from contracts.emotions import EMOTIONS, Head
from models.tracking import TrackerState, follow
from support.factories import make_face
from training.emotion.steadiness import FRAMES, MOVE, measure_steadiness, moved


@pytest.fixture
def images() -> np.ndarray:
    """A bright square, 20 pixels wide, in the middle of the dark, three times."""
    images = np.full((3, 48, 48), 40, np.uint8)
    images[:, 14:34, 14:34] = 220
    return images


def centres(frame: np.ndarray) -> np.ndarray:
    """Where the brightness of each image has its middle, float [N, 2], in pixels."""
    light = frame.astype(float) - 40
    places = np.arange(48)
    total = light.sum((1, 2))
    return np.stack([(light.sum(1) * places).sum(1) / total, (light.sum(2) * places).sum(1) / total], axis=1)


def test_frames_are_moved_by_about_one_per_cent_and_drawn_from_the_seed(images: np.ndarray) -> None:
    many = np.repeat(images[:1], 200, axis=0)
    frames = list(moved(many))
    assert len(frames) == FRAMES
    offsets = np.concatenate([centres(frame) for frame in frames]) - 23.5
    assert offsets.mean(0) == pytest.approx([0, 0], abs=0.03)
    assert offsets.std(0) == pytest.approx([48 * MOVE] * 2, rel=0.05)
    widths = np.concatenate([np.sqrt((frame.astype(float) - 40).sum((1, 2)) / 180) for frame in frames])
    assert widths.mean() == pytest.approx(20, rel=0.01)
    assert widths.std() == pytest.approx(20 * MOVE, rel=0.1)
    assert all(map(np.array_equal, frames, moved(many)))
    assert not any(map(np.array_equal, frames, moved(many, seed=1)))


def test_beyond_the_border_the_outermost_pixels_repeat() -> None:
    ramp = np.tile(np.full(48, 200, np.uint8), (1, 48, 1))
    assert all((frame == 200).all() for frame in moved(ramp))


def test_an_answer_that_never_changes_is_steady_and_one_that_always_does_is_not(images: np.ndarray) -> None:
    calls = 0

    def read(batch: np.ndarray) -> dict[Head, np.ndarray]:
        nonlocal calls
        calls += 1
        return {"fer2013": np.eye(7)[[3, 3, 3]], "people": np.eye(7)[[calls % 2, 3, 3]]}

    figures = measure_steadiness(read, images)
    assert set(figures["fer2013"].values()) == {0, 1}
    assert figures["fer2013"]["mirrored"] == 1
    assert figures["people"]["label_changes"] == pytest.approx(1 / 3)
    assert figures["people"]["unsteady_faces"] == pytest.approx(1 / 3)
    assert figures["people"]["mirrored"] == pytest.approx(2 / 3)
    assert figures["people"]["video_label_changes"] < figures["people"]["label_changes"]


def test_a_mirrored_face_is_seen_mirrored(images: np.ndarray) -> None:
    images[:, :, :10] = 255  # the left side alone

    def read(batch: np.ndarray) -> dict[Head, np.ndarray]:
        return {"fer2013": np.eye(7)[(batch[:, :, :24].mean((1, 2)) > batch[:, :, 24:].mean((1, 2))).astype(int)]}

    figures = measure_steadiness(read, images)
    assert set(figures["fer2013"].values()) == {0}


def test_scores_of_video_are_smoothed_as_the_tracker_smooths_them(images: np.ndarray) -> None:
    rng = np.random.default_rng(8)
    frames = [rng.dirichlet(np.ones(7), 1) for _ in range(FRAMES)]
    state, shown = TrackerState(), []
    for number, scores in enumerate(frames):
        face = make_face(scores=dict(zip(EMOTIONS, scores[0].tolist(), strict=True)))
        state, (tracked,) = follow(state, [face], number / 15)
        shown.append(max(tracked.scores, key=lambda label: tracked.scores[label]))  # a label is held beyond that
    changes = np.mean([one != other for one, other in pairwise(shown)])
    answers = iter([*frames, frames[0], frames[0]])
    figures = measure_steadiness(lambda _: {"fer2013": next(answers)}, images[:1])
    assert figures["fer2013"]["video_label_changes"] == pytest.approx(changes)
    assert 0 < changes < figures["fer2013"]["label_changes"]
