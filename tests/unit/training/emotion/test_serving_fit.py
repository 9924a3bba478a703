"""Framings of faces, tried on scenes."""

import numpy as np
import pytest

from models.classification import load_classifier
from models.cropping import CropFit
from models.detection import Detection
from training.emotion.serving_fit import ENLARGED, SURROUNDING, Scene, search, surround, try_fits


def test_an_image_stands_enlarged_in_the_middle_of_its_own_border() -> None:
    image = np.full((48, 48), 200, np.uint8)
    image[:, :4] = 50
    scene = surround(image)
    side = ENLARGED + 2 * SURROUNDING
    assert scene.shape == (side, side, 3)
    assert scene[side // 2, side // 2].tolist() == [200] * 3
    assert scene[side // 2, 5].tolist() == [50] * 3
    assert scene[side // 2, -5].tolist() == [200] * 3


@pytest.fixture
def scenes() -> list[Scene]:
    """Noise, with the box where the image lies, labelled as the network reads it in that framing."""
    classifier, fit = load_classifier("classic-1"), CropFit(margin=0.1)
    rng = np.random.default_rng(0)
    found = Detection(SURROUNDING, SURROUNDING, ENLARGED, ENLARGED, 0.9)
    pixels = [surround(rng.integers(0, 256, (48, 48), np.uint8)) for _ in range(12)]
    unlabelled = [Scene(each, found, 0) for each in pixels]
    from models.cropping import crop_faces

    crops = np.concatenate([crop_faces(scene.image, [scene.face], fit=fit) for scene in unlabelled])
    labels = classifier.predict(crops).argmax(1)
    return [Scene(each, found, int(label)) for each, label in zip(pixels, labels, strict=True)]


def test_the_framing_behind_the_labels_comes_first(scenes: list[Scene]) -> None:
    fits = [CropFit(margin=0.3, down=0.1), CropFit(margin=0.1), CropFit(margin=-0.1)]
    best, *others = try_fits(load_classifier("classic-1"), scenes, fits)
    assert (best.fit, best.accuracy) == (CropFit(margin=0.1), 1.0)
    assert [trial.accuracy for trial in others] == sorted((trial.accuracy for trial in others), reverse=True)


def test_a_search_looks_for_the_frame_first_and_then_for_the_rest(scenes: list[Scene]) -> None:
    frames, kinds = search(load_classifier("classic-1"), scenes)
    assert len(frames) == 45
    assert len(kinds) == 6
    assert {trial.fit.margin for trial in kinds} == {frames[0].fit.margin}
