"""A camera that is plugged in, stood in for by one that OpenCV would open."""

from contextlib import closing

import cv2
import numpy as np
import pytest

from capture.sources.device import has_device, open_device
from contracts.errors import ConfigurationError


class PluggedIn:
    """A device as OpenCV shows it: number 0 is there, and works unless another program has it."""

    taken_by_another = False
    released = 0

    def __init__(self, index: int) -> None:
        self._there = index == 0
        self.settings: dict[int, int] = {}

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self._there

    def grab(self) -> bool:
        return self._there and not PluggedIn.taken_by_another

    def retrieve(self) -> tuple[bool, np.ndarray]:
        return True, np.full((48, 64, 3), 7, np.uint8)

    def set(self, setting: int, value: int) -> None:
        self.settings[setting] = value

    def release(self) -> None:
        PluggedIn.released += 1


@pytest.fixture(autouse=True)
def devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", PluggedIn)
    monkeypatch.setattr(PluggedIn, "taken_by_another", False)
    monkeypatch.setattr(PluggedIn, "released", 0)


def test_a_device_is_looked_for_and_released_again() -> None:
    assert [has_device(index) for index in (0, 1)] == [True, False]
    assert PluggedIn.released == 2


def test_its_images_are_read() -> None:
    with closing(open_device(0)) as source:
        captured = source.read()
        assert source.name == "Camera 0"
    assert captured is not None
    assert captured.image.mean() == 7


def test_one_that_is_not_there_is_refused_and_released() -> None:
    with pytest.raises(ConfigurationError, match="there is no camera with this number"):
        open_device(1)
    assert PluggedIn.released == 1


def test_one_that_another_program_uses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PluggedIn, "taken_by_another", True)
    assert not has_device(0)
    with pytest.raises(ConfigurationError, match="or another program uses it"):
        open_device(0)
