"""A camera that is plugged in."""

import cv2

from capture.sources.live import LiveSource
from contracts.errors import ConfigurationError


def has_device(index: int) -> bool:
    """Whether a camera with this number opens and gives an image."""
    capture = _connect(index)
    try:
        return bool(capture.isOpened() and capture.grab())
    finally:
        capture.release()


def open_device(index: int) -> LiveSource:
    """The camera with this number; one that is unplugged later may come back.

    Raises:
        ConfigurationError: there is none, or another program uses it.
    """
    capture = _connect(index)
    if not (capture.isOpened() and capture.grab()):
        capture.release()
        raise ConfigurationError(
            "there is no camera with this number, or another program uses it. "
            "Name the number of a camera, an address, a file or a folder, or `demo`."
        )
    return LiveSource(f"Camera {index}", lambda: capture, lambda: "the camera sends no pictures")


def _connect(index: int) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(index)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # not every driver respects it, hence the thread that never stops grabbing
    return capture
