"""Faces laid into scenes."""

import numpy as np

from support.faces import labelled_image
from training.detection.pasting import MOST, cut_out, paste, plain

STOCK = ([labelled_image("m", "machine", side=60)], [labelled_image("n", "none", 0)])


def test_many_are_laid_down_at_most_twenty_and_each_is_seen() -> None:
    rng = np.random.default_rng(0)
    most = 0
    for _ in range(40):
        sample = paste(plain(400, 320, rng), STOCK, (0.8, 0.2), (24, 40), rng)
        assert sample.pixels.shape == (320, 400, 3)
        assert len(sample.boxes) == len(sample.landmarks)
        most = max(most, len(sample.boxes))
    assert 4 < most <= MOST


def test_what_is_laid_down_touches_no_face_of_the_scene() -> None:
    rng = np.random.default_rng(0)
    scene = plain(200, 160, rng)
    full = scene._replace(boxes=np.array([[0, 0, 200, 160]], np.float32), landmarks=np.zeros((1, 5, 2), np.float32))
    for _ in range(20):
        sample = paste(full, STOCK, (0.8, 0.2), (12, 40), rng)
        assert (sample.pixels == scene.pixels).all()
        assert len(sample.boxes) == 1


def test_a_plain_scene_has_no_faces_and_repeats_with_its_seed() -> None:
    for seed in range(20):
        scene, again = (plain(90, 60, np.random.default_rng(seed)) for _ in range(2))
        assert (scene.pixels == again.pixels).all()
        assert scene.pixels.shape == (60, 90, 3)
        assert len(scene.boxes) == len(scene.ignored) == 0


def test_a_cutting_has_no_face_in_it() -> None:
    photo = labelled_image()
    (cutting,) = cut_out(photo, np.array([80, 70, 110, 110], np.float32))
    assert cutting.pixels.shape == (52, 51, 3)
    assert cutting.annotator == "none"
    assert not len(cutting.boxes)
    assert cut_out(photo, np.array([45, 20, 65, 50], np.float32)) == []
