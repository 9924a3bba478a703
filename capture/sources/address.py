"""A camera on the network: RTSP, or HTTP with Motion JPEG."""

import os
import socket
from typing import Final
from urllib.parse import urlsplit

import cv2

from capture.sources.live import LiveSource
from contracts.addresses import host_of

OPTIONS: Final = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
"""OpenCV's own variable for what it passes on to FFmpeg."""

_QUESTIONS: Final = {"rtsp": b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", "http": b"HEAD / HTTP/1.0\r\n\r\n"}
_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_OPEN_TIMEOUT_MS = 5_000
_READ_TIMEOUT_MS = 5_000
_ASKED_S: Final = 2.0


def open_address(url: str) -> LiveSource:
    """The camera at this address. It need not answer yet: cameras start slowly and are restarted at night."""
    return LiveSource(f"The camera at {host_of(url)}", lambda: _connect(url), lambda: why_not(url))


def why_not(url: str) -> str:
    """Why no pictures come from an address, as far as that can be told from here; names no address."""
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), parts.hostname or ""
        with socket.create_connection((host, parts.port or _PORTS[scheme]), timeout=_ASKED_S) as connection:
            return _why_no_video(connection, scheme)
    except socket.gaierror:
        return "no host has its name"
    except ConnectionRefusedError:
        return "its host is there, and nothing listens on its port"
    except OSError:
        return "it does not answer"
    except (ValueError, KeyError):
        return "its address is damaged"


def _why_no_video(connection: socket.socket, scheme: str) -> str:
    """Ask what every server of this kind answers; of those that speak TLS, more is not asked."""
    if question := _QUESTIONS.get(scheme):
        connection.sendall(question)
        try:
            connection.recv(1)
        except TimeoutError:
            return "it takes connections, and answers nothing"
    return "it answers, and sends no video that can be read: is the path right, and the user and password?"


def _connect(url: str) -> cv2.VideoCapture:
    os.environ.setdefault(OPTIONS, "rtsp_transport;tcp")  # over UDP a packet that is lost tears the picture
    limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_TIMEOUT_MS)
    # FFmpeg decodes H.264 on a thread a core, and each holds a frame back: on 16 cores a picture is a second late.
    return cv2.VideoCapture(url, cv2.CAP_FFMPEG, (*limits, cv2.CAP_PROP_N_THREADS, 1))
