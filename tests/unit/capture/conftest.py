"""Real videos and folders for the sources to read."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture.source import BgrImage
from support.clocks import ManualClock

MakeVideo = Callable[..., Path]


def plain(shade: int, width: int = 64, height: int = 48) -> BgrImage:
    """A picture of one shade of grey, so that a test can tell which one it has got."""
    return np.full((height, width, 3), shade, np.uint8)


def write_video(path: Path, shades: list[int], fps: float) -> Path:
    """A Motion JPEG file with one plain picture a shade."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (64, 48))
    assert writer.isOpened()
    for shade in shades:
        writer.write(plain(shade))
    writer.release()
    return path


@pytest.fixture
def hand_clock() -> ManualClock:
    return ManualClock(1_000.0)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Ten pictures at 10 a second, with shades 0, 20, … 180."""
    return write_video(tmp_path / "ten.avi", list(range(0, 200, 20)), fps=10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images named b, a and C, and things that are none."""
    path = tmp_path / "images"
    path.mkdir()
    for name, shade in {"b.png": 100, "a.png": 50, "c.JPG": 150}.items():
        assert cv2.imwrite(str(path / name), plain(shade))
    (path / "broken.png").write_bytes(b"not an image")
    (path / "notes.txt").write_text("no image either")
    return path
