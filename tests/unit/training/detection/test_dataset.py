"""Reading and splitting ``faces.zip``."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.boxes import iou
from support.faces import labelled_image
from training.detection import dataset
from training.detection.dataset import BLOCK, LOOKALIKES, OVERLOOKED, mark_judged, read_faces, split
from training.shared.errors import DataError


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
    every = [labelled_image(f"{source}_{i:04}", source) for source in ("hand", "machine", "none") for i in range(240)]
    train, validation = split(every, seed=0, share=0.4)
    names = {each.name for each in validation}
    assert not names & {each.name for each in train}
    assert len(train) + len(validation) == len(every)
    assert {each.annotator for each in validation} == {"hand", "none"}
    held = {int(each.name[-4:]) // BLOCK for each in validation if each.annotator == "hand"}
    assert sum(each.annotator == "hand" for each in validation) == BLOCK * len(held)
    again = split(reversed(every), seed=0, share=0.4)[1]
    assert [each.name for each in again] == [each.name for each in validation]


@pytest.mark.parametrize("kind", ["overlooked", "lookalikes"])
def test_what_was_judged_by_eye_is_known_of_one_archive_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    known = tmp_path / "judged.json"
    known.write_text(json.dumps({"data_sha256": "abc", "boxes": {"a": [[60, 60, 90, 90]]}}))
    monkeypatch.setattr(dataset, kind.upper(), known)
    images = [labelled_image("a"), labelled_image("b")]
    assert [len(getattr(each, kind)) for each in mark_judged(images, "other")] == [0, 0]
    assert [getattr(each, kind).tolist() for each in mark_judged(images, "abc")] == [[[60, 60, 90, 90]], []]


def test_what_is_ignored_is_not_shown_as_no_face() -> None:
    overlooked, lookalikes = (json.loads(path.read_text())["boxes"] for path in (OVERLOOKED, LOOKALIKES))
    for name in overlooked.keys() & lookalikes.keys():
        both = np.array(overlooked[name], np.float32), np.array(lookalikes[name], np.float32)
        assert iou(both[0][:, None], both[1][None]).max() < 0.4
