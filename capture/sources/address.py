"""A camera on the network: RTSP, or HTTP with Motion JPEG."""

import cv2

from capture.sources.live import LiveSource
from contracts.addresses import without_password

SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})

_OPEN_TIMEOUT_MS = 5_000
_READ_TIMEOUT_MS = 5_000


def open_address(url: str) -> LiveSource:
    """The camera at this address. It need not answer yet: cameras start slowly and are restarted at night."""
    return LiveSource(f"The camera at {without_password(url)}", lambda: _connect(url))


def _connect(url: str) -> cv2.VideoCapture:
    limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_TIMEOUT_MS)
    return cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits)
