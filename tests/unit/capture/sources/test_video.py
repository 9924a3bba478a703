"""A video file is played at its own speed."""

from pathlib import Path
from typing import Any

import cv2
import pytest

from capture.errors import SourceLost
from capture.source import CapturedImage
from capture.sources.video import VideoFile
from contracts.errors import ConfigurationError
from support.clocks import ManualClock


def shade(captured: CapturedImage | None) -> int:
    assert captured is not None
    return round(float(captured.image.mean()) / 20)


@pytest.fixture
def source(video: Path, hand_clock: ManualClock) -> VideoFile:
    return VideoFile(video, clock=lambda: 7.0, monotonic=hand_clock, sleep=hand_clock.sleep)


def test_a_reader_without_haste_gets_every_picture_in_its_time(source: VideoFile, hand_clock: ManualClock) -> None:
    captures = [source.read() for _ in range(5)]
    assert [shade(captured) for captured in captures] == [0, 1, 2, 3, 4]
    assert hand_clock.now - 1_000 == pytest.approx(0.4)
    assert captures[0] is not None
    assert captures[0].taken_at == 7.0
    source.close()


def test_a_slow_reader_gets_the_picture_that_is_due(source: VideoFile, hand_clock: ManualClock) -> None:
    assert shade(source.read()) == 0
    hand_clock.now += 0.45
    assert shade(source.read()) == 4
    source.close()


def test_after_a_long_pause_it_goes_on_instead_of_catching_up(source: VideoFile, hand_clock: ManualClock) -> None:
    source.read()
    hand_clock.now += 3_600
    assert shade(source.read()) == 1
    assert shade(source.read()) == 2
    assert hand_clock.now - 4_600 == pytest.approx(0.1)
    source.close()


def test_it_begins_again_at_the_end(source: VideoFile) -> None:
    assert [shade(source.read()) for _ in range(12)] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    source.close()


class DamagedOnce:
    """A capture whose second picture cannot be decoded."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        self._answers = iter([True, False])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._capture, name)

    def retrieve(self) -> tuple[bool, Any]:
        return self._capture.retrieve() if next(self._answers, True) else (False, None)


def test_a_damaged_picture_is_left_out(source: VideoFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_capture", DamagedOnce(source._capture))
    assert shade(source.read()) == 0
    assert source.read() is None
    assert shade(source.read()) == 2
    source.close()


def test_a_file_that_goes_away_ends_it_with_a_sentence(source: VideoFile, video: Path) -> None:
    for _ in range(10):
        source.read()
    video.unlink()
    with pytest.raises(SourceLost, match=r"The video ten\.avi has gone"):
        source.read()


def test_a_file_without_pictures_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.mp4"
    path.write_text("Dear camera,")
    with pytest.raises(ConfigurationError, match=r"this file holds no pictures"):
        VideoFile(path)
