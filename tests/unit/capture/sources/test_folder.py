"""Images of a folder, by name, over and over."""

import logging
from pathlib import Path

import pytest

from capture.errors import SourceLost
from capture.sources.folder import ImageFolder
from contracts.errors import ConfigurationError


def test_images_come_sorted_and_begin_again(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        source = ImageFolder(folder, clock=lambda: 3.0)
        captures = [source.read() for _ in range(7)]
    assert [round(float(captured.image.mean())) for captured in captures] == [50, 100, 150, 50, 100, 150, 50]
    assert captures[0].taken_at == 3.0
    assert [record.getMessage() for record in caplog.records] == [
        f"{folder / 'broken.png'} is not an image that can be read; left out."
    ]


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    with pytest.raises(ConfigurationError, match=r"no image in this folder can be read"):
        ImageFolder(tmp_path)


def test_a_folder_whose_images_go_away_is_lost_and_not_a_wrong_setting(folder: Path) -> None:
    source = ImageFolder(folder)
    source.read()
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(SourceLost, match=r"no image in it can be read any more"):
        source.read()
