"""Reading, splitting, warping and composing training pictures."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.data import Fer2013
from training.detection import dataset
from training.detection.batches import MOST_FACES, Batches, collate
from training.detection.compose import Composer
from training.detection.dataset import BLOCK, Picture, Source, mark_overlooked, read_faces, split
from training.detection.hardness import LEAST, even, look
from training.detection.pasting import MOST, paste, plain
from training.detection.sample import Sample, cut, warp
from training.detection.tight import BOX, add_tight
from training.errors import DataError


def picture(name: str = "a", source: Source = "hand", boxes: int = 1, side: int = 120) -> Picture:
    """A grey picture with ``boxes`` bright squares of 30 pixels, each a face with its five points in a row."""
    pixels = np.full((side, side, 3), 60, np.uint8)
    corners = np.array([[10 + 40 * i, 20, 40 + 40 * i, 50] for i in range(boxes)], np.float32).reshape(-1, 4)
    for x1, y1, x2, y2 in corners.astype(int):
        pixels[y1:y2, x1:x2] = 220
    points = [np.stack([np.linspace(corner[0], corner[2], 5), np.full(5, 35)], axis=1) for corner in corners]
    return Picture(name, source, pixels, corners, np.array(points, np.float32).reshape(-1, 5, 2), bare=True)


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(0)


def pictures() -> list[Picture]:
    sources: tuple[Source, ...] = ("hand", "machine", "none")
    return [picture(f"{source}{i}", source, boxes=int(source != "none")) for source in sources for i in range(6)]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small `faces.zip`: two photos by hand, one by machine, one without a face."""
    names = ["hand_0.jpg", "hand_1.jpg", "machine_0.jpg", "none_0.jpg"]
    images = [
        {"id": i, "file_name": f"images/{name}", "width": 120, "height": 120, "source": name.split("_")[0]}
        for i, name in enumerate(names)
    ]
    face = {"bbox": [10, 20, 30, 30], "category_id": 1, "attributes": {"kind": "masked"}}
    points = [value for x in range(10, 35, 5) for value in (x, 35, 2)]
    annotations = [
        {**face, "id": 1, "image_id": 0, "keypoints": points},
        {**face, "id": 2, "image_id": 1},
        {**face, "id": 3, "image_id": 2, "attributes": {}},
    ]
    path = tmp_path / "faces.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("faces/annotations.json", json.dumps({"images": images, "annotations": annotations}))
        for name in names:
            file.writestr(f"faces/images/{name}", cv2.imencode(".jpg", picture().pixels)[1].tobytes())
    return path


def test_reads_boxes_points_and_kinds(archive: Path) -> None:
    data = read_faces(archive, share=0)
    by_name = {each.name: each for each in data.train}
    assert by_name["hand_0.jpg"].boxes.tolist() == [[10, 20, 40, 50]]
    assert by_name["hand_0.jpg"].landmarks[0, 1].tolist() == [15, 35]
    assert np.isnan(by_name["hand_1.jpg"].landmarks).all()
    assert [by_name[f"{name}_0.jpg"].bare for name in ("hand", "machine", "none")] == [False, True, False]
    assert by_name["none_0.jpg"].boxes.shape == (0, 4)
    assert data.validation == []
    assert len(data.data_sha256) == 64


def test_says_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no face data"):
        read_faces(tmp_path / "missing.zip")
    (tmp_path / "text.zip").write_text("text")
    with pytest.raises(DataError, match="no archive of faces"):
        read_faces(tmp_path / "text.zip")


def test_the_split_holds_back_whole_blocks_and_no_machine_labels() -> None:
    every = [picture(f"{source}_{i:04}", source) for source in ("hand", "machine", "none") for i in range(240)]
    train, validation = split(every, seed=0, share=0.4)
    names = {each.name for each in validation}
    assert not names & {each.name for each in train}
    assert len(train) + len(validation) == len(every)
    assert {each.source for each in validation} == {"hand", "none"}
    held = {int(each.name[-4:]) // BLOCK for each in validation if each.source == "hand"}
    assert sum(each.source == "hand" for each in validation) == BLOCK * len(held)
    again = split(reversed(every), seed=0, share=0.4)[1]
    assert [each.name for each in again] == [each.name for each in validation]


def test_a_warp_carries_boxes_and_points_along() -> None:
    double = np.array([[2, 0, 5], [0, 2, 7]], np.float32)
    sample = warp(picture(), double, 240, 240)
    assert sample.boxes.tolist() == [[25, 47, 85, 107]]
    assert sample.landmarks[0, 0].tolist() == [25, 77]
    assert sample.pixels[60, 50].tolist() == [220] * 3
    assert sample.pixels[40, 50].tolist() == [60] * 3


def test_a_mirrored_face_exchanges_its_sides() -> None:
    mirror = np.array([[-1, 0, 120], [0, 1, 0]], np.float32)
    sample = warp(picture(), mirror, 120, 120)
    assert sample.boxes.tolist() == [[80, 20, 110, 50]]
    right_eye, left_eye = sample.landmarks[0, :2]
    assert right_eye[0] < left_eye[0]


def test_what_a_cut_leaves_too_little_of_is_ignored() -> None:
    boxes = np.array([[-20, 0, 20, 40], [-30, 50, 10, 90], [60, 60, 66, 66], [200, 0, 240, 40]], np.float32)
    empty = np.empty((0, 4), np.float32)
    sample = cut(Sample(np.zeros((100, 100, 3), np.uint8), boxes, np.zeros((4, 5, 2), np.float32), empty))
    assert sample.boxes.tolist() == [[0, 0, 20, 40]]
    assert sample.ignored.tolist() == [[0, 50, 10, 90], [60, 60, 66, 66]]


def test_composed_pictures_are_whole_and_repeatable() -> None:
    composer, again = (Composer(pictures(), size=96, seed=3) for _ in range(2))
    for _ in range(60):
        sample, same = composer.draw(), again.draw()
        assert sample.pixels.shape == (96, 96, 3)
        assert sample.pixels.dtype == np.uint8
        assert (sample.pixels == same.pixels).all()
        assert (sample.boxes == same.boxes).all()
        assert ((sample.boxes >= 0) & (sample.boxes <= 96)).all()
        assert (sample.boxes[:, 2:] > sample.boxes[:, :2]).all()
        assert len(sample.boxes) == len(sample.landmarks)


def test_faces_without_a_box_are_carried_as_ignored_regions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = tmp_path / "overlooked.json"
    known.write_text(json.dumps({"data_sha256": "abc", "boxes": {"a": [[60, 60, 90, 90]]}}))
    monkeypatch.setattr(dataset, "OVERLOOKED", known)
    assert not len(mark_overlooked([picture()], "other")[0].overlooked)
    (marked,) = mark_overlooked([picture()], "abc")
    sample = warp(marked, np.array([[2, 0, -10], [0, 2, 0]], np.float32), 150, 150)
    assert sample.boxes.tolist() == [[10, 40, 70, 100]]
    assert sample.ignored.tolist() == [[110, 120, 150, 150]]


def test_only_the_training_faces_of_fer2013_are_added(data: Fer2013, folder: Path) -> None:
    whole = add_tight(dataset.Split(pictures(), [], "abc"), folder)
    added = [each for each in whole.train if each.source == "tight"]
    assert sorted(each.name for each in added) == sorted(data.train.names)
    assert added[0].pixels.shape == (48, 48, 3)
    assert added[0].boxes[0].tolist() == pytest.approx([48 * side for side in BOX])
    assert len(whole.tight_sha256 or "") == 64


def test_many_things_are_laid_into_a_scene_and_touch_no_face(chance: np.random.Generator) -> None:
    most = 0
    for _ in range(40):
        scene = plain(200, 160, chance)
        sample = paste(scene, ([picture("m", "machine")], [picture("n", "none", 0)]), (0.8, 0.2), (12, 40), chance)
        assert sample.pixels.shape == (160, 200, 3)
        most = max(most, len(sample.boxes))
        full = sample._replace(boxes=np.array([[0, 0, 200, 160]], np.float32), landmarks=sample.landmarks[:1])
        if len(full.landmarks):
            again = paste(full, ([picture("m", "machine")],), (1.0,), (12, 40), chance)
            assert len(again.boxes) == 1
    assert 4 < most <= MOST


def test_what_looks_like_a_face_is_drawn_more_often() -> None:
    every = pictures()
    hardness = even(every)
    assert hardness.tolist() == [1.0] * 6
    hardness[:] = look(lambda images: [np.full((len(images), 2, 2, 1), -9.0)] * 9, every, 64)
    assert hardness == pytest.approx(LEAST, abs=1e-3)
    hardness[2] = 1
    composer = Composer(every, size=64, seed=0, hardness=hardness)
    drawn = [composer._hard().name for _ in range(200)]
    assert drawn.count("none2") > 100


def test_surplus_faces_become_ignored_regions() -> None:
    count = MOST_FACES + 3
    boxes = np.tile(np.array([[0, 0, 20, 20]], np.float32), (count, 1))
    sample = Sample(np.zeros((32, 32, 3), np.uint8), boxes, np.zeros((count, 5, 2), np.float32), boxes[:0])
    batch = collate([sample])
    assert batch.real.sum() == MOST_FACES
    assert (batch.ignored[0, :, 2] > 0).sum() == 3


def test_batches_are_drawn_by_threads_that_end_with_the_block() -> None:
    with Batches(pictures(), size=64, batch=4, seed=0, threads=2) as batches:
        batch = batches.next()
        threads = batches.threads
    assert batch.images.shape == (4, 64, 64, 3)
    assert batch.images.dtype == np.float32
    assert 0 <= batch.images.min() <= batch.images.max() <= 1
    assert not any(thread.is_alive() for thread in threads)
