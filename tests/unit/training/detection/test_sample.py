"""What happens to faces when an image is warped or cut."""

import numpy as np

from support.faces import labelled_image
from training.detection.sample import Sample, cut, random_placement, warp


def test_a_warp_carries_boxes_and_points_along() -> None:
    double = np.array([[2, 0, 5], [0, 2, 7]], np.float32)
    sample = warp(labelled_image(), double, 240, 240)
    assert sample.boxes.tolist() == [[25, 47, 85, 107]]
    assert sample.landmarks[0, 0].tolist() == [25, 77]
    assert sample.pixels[60, 50].tolist() == [220] * 3
    assert sample.pixels[40, 50].tolist() == [60] * 3


def test_a_mirrored_face_exchanges_its_sides() -> None:
    mirror = np.array([[-1, 0, 120], [0, 1, 0]], np.float32)
    sample = warp(labelled_image(), mirror, 120, 120)
    assert sample.boxes.tolist() == [[80, 20, 110, 50]]
    right_eye, left_eye = sample.landmarks[0, :2]
    assert right_eye[0] < left_eye[0]


def test_what_a_cut_leaves_too_little_of_is_ignored() -> None:
    boxes = np.array([[-20, 0, 20, 40], [-30, 50, 10, 90], [60, 60, 66, 66], [200, 0, 240, 40]], np.float32)
    empty = np.empty((0, 4), np.float32)
    sample = cut(Sample(np.zeros((100, 100, 3), np.uint8), boxes, np.zeros((4, 5, 2), np.float32), empty))
    assert sample.boxes.tolist() == [[0, 0, 20, 40]]
    assert sample.ignored.tolist() == [[0, 50, 10, 90], [60, 60, 66, 66]]


def test_faces_without_a_box_become_ignored_regions_where_they_are_seen() -> None:
    image = labelled_image()._replace(overlooked=np.array([[60, 60, 90, 90], [110, 110, 119, 119]], np.float32))
    sample = warp(image, np.array([[2, 0, -10], [0, 2, 0]], np.float32), 150, 150)
    assert sample.boxes.tolist() == [[10, 40, 70, 100]]
    assert sample.ignored.tolist() == [[110, 120, 150, 150]]


def test_a_random_placement_brings_the_centre_to_its_place() -> None:
    turns, mirrored = 0, 0
    for seed in range(60):
        matrix = random_placement(2.0, (5, 7), (40, 50), most=25, rng=np.random.default_rng(seed))
        assert np.allclose(matrix @ [5, 7, 1], [40, 50], atol=1e-4)
        mirrored += np.linalg.det(matrix[:, :2]) < 0
        turns += abs(matrix[1, 0]) > 1e-6
    assert 20 < mirrored < 40
    assert 10 < turns < 35
