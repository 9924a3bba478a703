"""A tiny FER2013, as arrays and on disk."""

from pathlib import Path

import pytest

from support.training import make_split, write_folders
from training.shared.fer2013 import Fer2013


@pytest.fixture(scope="session")
def data() -> Fer2013:
    """70 training and 21 test images with votes."""
    return Fer2013(make_split(10, 0, 1, votes=True), make_split(3, 1000, 2, votes=True))


@pytest.fixture
def folder(tmp_path: Path, data: Fer2013) -> Path:
    """The same as label folders, without votes."""
    root = tmp_path / "fer"
    write_folders(root, data)
    return root
