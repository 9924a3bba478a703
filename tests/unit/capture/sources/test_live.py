"""Network cameras, against a real HTTP server that sends Motion JPEG."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np
import pytest

from capture.errors import ConnectionLost
from capture.sources.address import _connect
from capture.sources.live import LiveSource
from support.clocks import WaitFor

PART = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n"


class FakeCamera(ThreadingHTTPServer):
    """Sends as many pictures as it is asked to on each connection, each of the next shade; then it hangs up."""

    daemon_threads = True

    def __init__(self, pictures_a_connection: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pictures = pictures_a_connection
        self.connections = 0
        self.sent = 0
        self.may_send = threading.Event()
        self.may_send.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/stream.mjpg"


class Handler(BaseHTTPRequestHandler):
    server: FakeCamera

    def do_GET(self) -> None:
        self.server.connections += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for _ in range(self.server.pictures):
            self.server.may_send.wait()
            _, jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), min(255, self.server.sent), np.uint8))
            self.server.sent += 1
            self.wfile.write(PART % (len(jpeg), jpeg.tobytes()))

    def log_message(self, *_: Any) -> None:
        pass

    def handle(self) -> None:
        with suppress(ConnectionError):  # the reader has gone
            super().handle()


@pytest.fixture
def serve() -> Iterator[Callable[[int], FakeCamera]]:
    cameras: list[FakeCamera] = []

    def start(pictures_a_connection: int) -> FakeCamera:
        camera = FakeCamera(pictures_a_connection)
        threading.Thread(target=camera.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        cameras.append(camera)
        return camera

    yield start
    for camera in cameras:
        camera.shutdown()
        camera.server_close()


def follow(camera: FakeCamera) -> LiveSource:
    return LiveSource("It", lambda: _connect(camera.url), lambda: "why", clock=lambda: 5.0)


def shade(source: LiveSource) -> int:
    """Shade of the next picture, however long it takes to come."""
    while (captured := source.read()) is None:
        pass
    assert captured.image.shape == (48, 64, 3)
    assert captured.taken_at == 5.0
    return round(float(captured.image.mean()))


def read_on(source: LiveSource) -> None:
    """Read until there is nothing more."""
    while True:
        source.read()


def test_pictures_come_over_http(serve: Callable[[int], FakeCamera]) -> None:
    with closing(follow(serve(1_000_000))) as source:
        shades = [shade(source) for _ in range(5)]
    assert shades == sorted(shades)


def test_a_slow_reader_skips_pictures_instead_of_falling_behind(
    serve: Callable[[int], FakeCamera], wait_for: WaitFor
) -> None:
    camera = serve(1_000_000)
    with closing(follow(camera)) as source:
        shades = [shade(source)]

        def far_ahead() -> bool:
            """Read once more; `wait_for` pauses between two looks, and the camera goes on meanwhile."""
            shades.append(shade(source))
            return shades[-1] > shades[0] + 100

        wait_for(far_ahead, "the camera's newer pictures")
        assert len(shades) < 100, "one after the other, these would have been more than a hundred"


def test_a_line_that_breaks_is_lost_after_its_last_picture(serve: Callable[[int], FakeCamera]) -> None:
    with closing(follow(serve(20))) as source:
        assert shade(source) >= 0
        with pytest.raises(ConnectionLost, match="the connection was lost"):
            read_on(source)


class Failing:
    """A connection on which one of OpenCV's calls raises."""

    def __init__(self, capture: cv2.VideoCapture, call: str) -> None:
        self._capture = capture
        self._call = call

    def __getattr__(self, name: str) -> Any:
        if name == self._call:
            raise cv2.error(f"{name} failed")
        return getattr(self._capture, name)


@pytest.mark.parametrize("call", ["grab", "retrieve", "connect"])
def test_what_opencv_cannot_read_is_a_broken_line(serve: Callable[[int], FakeCamera], call: str) -> None:
    camera = serve(1_000_000)

    def connect() -> Any:
        if call == "connect":
            raise cv2.error("connect failed")
        return Failing(_connect(camera.url), call)

    with closing(LiveSource("It", connect, lambda: "why")) as source, pytest.raises(ConnectionLost) as lost:
        read_on(source)
    assert str(lost.value) == ("the connection was lost" if call == "retrieve" else "why")


def test_silence_is_told_from_the_end_and_ends_quickly(serve: Callable[[int], FakeCamera]) -> None:
    camera = serve(1_000_000)
    with closing(follow(camera)) as source:
        shade(source)
        camera.may_send.clear()
        while source.read() is not None:
            pass
        camera.may_send.set()
        shade(source)
