"""A camera on the network: named without its password, and not waited for when it is opened."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import pytest

from capture.errors import ConnectionLost
from capture.sources import address
from capture.sources.address import open_address, why_not
from capture.sources.live import LiveSource
from support.clocks import WaitFor

FILM = Path(__file__).parents[3] / "support/films/black-then-white.ts"
"""H.264 in MPEG-TS, without frames that refer to later ones: 30 black frames and three white ones."""


def read_on(source: LiveSource) -> None:
    """Read until there is nothing more."""
    while True:
        source.read()


def test_it_is_named_without_its_password() -> None:
    with closing(open_address("rtsp://anna:secret@127.0.0.1:9/live")) as source:
        assert source.name == "The camera at rtsp://127.0.0.1:9"


def test_one_that_does_not_answer_is_opened_and_then_lost() -> None:
    said = r"^its host is there, and nothing listens on its port$"
    with (
        closing(open_address("http://anna:secret@127.0.0.1:9/stream.mjpg")) as source,
        pytest.raises(ConnectionLost, match=said),
    ):
        read_on(source)


def test_it_is_told_why_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "_ASKED_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"rtsp://anna:secret@127.0.0.1:{server.getsockname()[1]}/live"
        assert why_not(url) == "it takes connections, and answers nothing"
        assert "is the path right" in why_not(url.replace("rtsp", "rtsps")), "TLS is not spoken here"
    assert why_not("rtsp://[damaged/live") == why_not("rtsp://host:99999/") == "its address is damaged"
    for error, reason in {
        socket.gaierror(): "no host has its name",
        TimeoutError(): "it does not answer",
    }.items():

        def fail(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr(socket, "create_connection", fail)
        assert why_not("rtsp://camera.invalid/live") == reason


def test_one_that_answers_without_video_may_want_another_path(camera: str) -> None:
    assert "is the path right, and the user and password?" in why_not(camera)


def test_opening_and_reading_have_time_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[object, ...]] = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda *arguments: opened.append(arguments))
    address._connect("rtsp://127.0.0.1:9/live")
    ((url, backend, options),) = opened
    assert (url, backend) == ("rtsp://127.0.0.1:9/live", cv2.CAP_FFMPEG)
    limits = dict(zip(options[::2], options[1::2], strict=True))  # type: ignore[index]
    assert limits[cv2.CAP_PROP_OPEN_TIMEOUT_MSEC] == limits[cv2.CAP_PROP_READ_TIMEOUT_MSEC] == 5_000


@pytest.fixture
def camera() -> Iterator[str]:
    """Sends that film, and then nothing more."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "video/mp2t")
            self.end_headers()
            self.wfile.write(FILM.read_bytes())
            ended.wait()

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    ended.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_no_frame_is_held_back_until_others_have_come(
    camera: str, monkeypatch: pytest.MonkeyPatch, wait_for: WaitFor
) -> None:
    """Each thread of the decoder would hold one back. The last two frames have no end yet, for the reader."""
    monkeypatch.setattr(address, "_READ_TIMEOUT_MS", 60_000)  # after which it would give what it holds back
    capture, white = address._connect(camera), list[bool]()

    def look() -> None:
        while not any(white) and capture.grab():
            white.append(bool(capture.retrieve()[1].mean() > 128))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        wait_for(lambda: len(white) == 31 and white[-1], "the first white frame", 20)
    finally:
        thread.join()
        capture.release()


@pytest.mark.parametrize("asked", [None, "rtsp_transport;udp"])
def test_rtsp_comes_over_tcp_unless_asked_otherwise(monkeypatch: pytest.MonkeyPatch, asked: str | None) -> None:
    monkeypatch.setenv(address.OPTIONS, asked or "")
    if asked is None:
        monkeypatch.delenv(address.OPTIONS)
    assert not address._connect("rtsp://127.0.0.1:9/live").isOpened()
    assert os.environ[address.OPTIONS] == (asked or "rtsp_transport;tcp")
