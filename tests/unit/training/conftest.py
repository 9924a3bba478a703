"""A tiny FER2013, as arrays and on disk."""

from pathlib import Path

import cv2
import pytest

from contracts.emotions import EMOTIONS
from support.training import make_split
from training.emotion.data import Fer2013


@pytest.fixture(scope="session")
def data() -> Fer2013:
    """70 training and 21 test images with votes."""
    return Fer2013(make_split(10, 0, 1, votes=True), make_split(3, 1000, 2, votes=True))


@pytest.fixture
def folder(tmp_path: Path, data: Fer2013) -> Path:
    """The same as label folders, without votes."""
    root = tmp_path / "fer"
    for part, split in (("train", data.train), ("test", data.public_test)):
        for image, label, name in zip(split.images, split.labels, split.names, strict=True):
            path = root / part / EMOTIONS[label].lower() / name
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), image)
    return root
