"""Label folders: what is missing or unreadable is named."""

import shutil
from pathlib import Path

import pytest

from training.shared.errors import DataError
from training.shared.fer2013 import read_fer2013


def test_a_missing_label_folder_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "train" / "disgust")
    with pytest.raises(DataError, match="train/disgust"):
        read_fer2013(folder)


def test_a_missing_test_folder_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "test")
    with pytest.raises(DataError, match="test/angry"):
        read_fer2013(folder)


def test_unreadable_images_are_counted_and_named(folder: Path) -> None:
    for number in range(7):
        (folder / "train" / "happy" / f"odd{number}.png").write_bytes(b"not an image" if number else b"")
    with pytest.raises(DataError, match=r"7 of 98 images .*train/happy/odd0\.png.*odd4\.png, …"):
        read_fer2013(folder)
