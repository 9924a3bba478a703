"""Faces of FER2013 added to those of ``faces.zip``."""

from pathlib import Path

import numpy as np
import pytest

from support.faces import labelled_images
from support.training import make_split, write_folders
from training.detection.dataset import Split
from training.detection.tight import BOX, add_tight
from training.shared.errors import DataError
from training.shared.fer2013 import Fer2013


def test_only_the_training_faces_are_added(tmp_path: Path) -> None:
    emotions = Fer2013(make_split(2, 0, 1, votes=False), make_split(1, 1000, 2, votes=False))
    write_folders(tmp_path / "fer", emotions)
    whole = add_tight(Split(labelled_images(), [], "abc"), tmp_path / "fer")
    added = [each for each in whole.train if each.annotator == "tight"]
    assert len(whole.train) == len(labelled_images()) + len(added)
    assert sorted(each.name for each in added) == sorted(emotions.train.names)
    assert added[0].pixels.shape == (48, 48, 3)
    assert added[0].boxes[0].tolist() == pytest.approx([48 * side for side in BOX])
    assert np.isnan(added[0].landmarks).all()
    assert len(whole.tight_sha256 or "") == 64


def test_a_wrong_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing"):
        add_tight(Split([], [], "abc"), tmp_path / "missing")
