"""A camera on the network: RTSP, or HTTP with Motion JPEG."""

import os
from typing import Final

import cv2

from capture.sources.live import LiveSource
from contracts.addresses import without_password

SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})

OPTIONS: Final = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
"""OpenCV's own variable for what it passes on to FFmpeg."""

_OPEN_TIMEOUT_MS = 5_000
_READ_TIMEOUT_MS = 5_000


def open_address(url: str) -> LiveSource:
    """The camera at this address. It need not answer yet: cameras start slowly and are restarted at night."""
    return LiveSource(f"The camera at {without_password(url)}", lambda: _connect(url))


def _connect(url: str) -> cv2.VideoCapture:
    os.environ.setdefault(OPTIONS, "rtsp_transport;tcp")  # over UDP a packet that is lost tears the picture
    limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_TIMEOUT_MS)
    # FFmpeg decodes H.264 on a thread a core, and each holds a frame back: on 16 cores a picture is a second late.
    return cv2.VideoCapture(url, cv2.CAP_FFMPEG, (*limits, cv2.CAP_PROP_N_THREADS, 1))
