"""One contract for all sources of pictures, each from what it is made for: real servers, and real files."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest

from capture.encoding import encode
from capture.errors import ConnectionLost, SourceEnded, SourceLost
from capture.selection import Opened, open_source
from capture.source import CapturedImage
from contracts.errors import MienError
from support.rtsp import NetworkCamera

FIRST_S, NEXT_S, END_S = 20, 5, 20
SECRET = "secret"
PART = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n"


class Made(NamedTuple):
    """A source that a test has made."""

    text: str
    kind: str
    end: Callable[[], object] | None = None
    """Takes away what pictures come from; none where nothing can."""
    lost: type[MienError] = SourceLost
    """What is raised then."""
    once: bool = False


def picture(shade: int) -> np.ndarray:
    return np.full((48, 64, 3), shade, np.uint8)


class Device:
    """Number 0, as OpenCV shows it; any other is what OpenCV opens."""

    plugged_in = True

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.plugged_in

    def grab(self) -> bool:
        time.sleep(1 / 30)  # as a device that sends thirty images a second
        return self.plugged_in

    def retrieve(self) -> tuple[bool, np.ndarray]:
        return True, picture(7)

    def set(self, *_: int) -> None:
        """No driver respects everything."""

    def release(self) -> None:
        """Nothing is held."""


def device(stack: ExitStack, _: Path) -> Made:
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    opened = cv2.VideoCapture
    patch.setattr(cv2, "VideoCapture", lambda *which: Device() if which == (0,) else opened(*which))
    patch.setattr(Device, "plugged_in", True)
    return Made("0", "device", lambda: patch.setattr(Device, "plugged_in", False), ConnectionLost)


def rtsp(stack: ExitStack, _: Path) -> Made:
    camera = stack.enter_context(closing(NetworkCamera()))
    camera.start()
    return Made(camera.url, "rtsp", camera.kill, ConnectionLost)


def http(stack: ExitStack, _: Path) -> Made:
    """Motion JPEG with the password in the query, as makers have it."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == f"/video.mjpg?user=anna&pwd={SECRET}"
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            with suppress(ConnectionError):
                while not over.wait(0.03):
                    jpeg = encode(picture(90), 1920, 80)
                    self.wfile.write(PART % (len(jpeg), jpeg))

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    stack.callback(thread.join)
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    stack.callback(over.set)
    url = f"http://127.0.0.1:{server.server_port}/video.mjpg?user=anna&pwd={SECRET}"
    return Made(url, "http", over.set, ConnectionLost)


def film(_: ExitStack, folder: Path) -> Made:
    path = folder / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (64, 48))
    for shade in range(40):
        writer.write(picture(5 * shade))
    writer.release()
    return Made(str(path), "file", path.unlink)


def film_once(stack: ExitStack, folder: Path) -> Made:
    return film(stack, folder)._replace(end=lambda: None, lost=SourceEnded, once=True)


def folder(_: ExitStack, folder: Path) -> Made:
    path = folder / "pictures"
    path.mkdir()
    for shade in range(10):
        cv2.imwrite(str(path / f"{shade}.png"), picture(20 * shade))
    return Made(str(path), "folder", lambda: shutil.rmtree(path))


def folder_once(stack: ExitStack, path: Path) -> Made:
    return folder(stack, path)._replace(end=lambda: None, lost=SourceEnded, once=True)


def demo(_: ExitStack, __: Path) -> Made:
    return Made("demo", "demo")


@pytest.fixture(params=[device, rtsp, http, film, film_once, folder, folder_once, demo], ids=lambda make: make.__name__)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Made]:
    with ExitStack() as stack:
        yield request.param(stack, tmp_path)


@pytest.fixture
def opened(made: Made) -> Iterator[Opened]:
    opened = open_source(made.text, once=made.once)
    with closing(opened.source):
        yield opened


def image(opened: Opened, within_s: float) -> CapturedImage:
    """The next image; a source may have none for a moment."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if captured := opened.source.read():
            return captured
    raise AssertionError(f"no image within {within_s} s")


def test_it_is_what_it_was_said_to_be_and_its_name_has_no_password(made: Made, opened: Opened) -> None:
    assert (opened.kind, opened.text) == (made.kind, made.text)
    assert SECRET not in opened.source.name
    assert opened.source.name


def test_images_come_one_after_the_other_with_the_time_when_each_was_taken(opened: Opened) -> None:
    taken = [image(opened, FIRST_S), *(image(opened, NEXT_S) for _ in range(4))]
    times = [one.taken_at for one in taken]
    assert times == sorted(times)
    assert len(set(times)) == len(times), "none comes twice"
    assert abs(times[-1] - time.time()) < NEXT_S
    for one in taken:
        height, width, channels = one.image.shape
        assert (one.image.dtype, channels) == (np.uint8, 3)
        assert width > height > 0
        assert encode(one.image, 32, 80).startswith(b"\xff\xd8")


def test_a_slow_reader_gets_the_newest_image(opened: Opened) -> None:
    image(opened, FIRST_S)
    time.sleep(0.5)  # the reader is slow; nothing is waited for
    began = time.time()
    assert image(opened, NEXT_S).taken_at > began - 0.25


def test_it_says_so_when_nothing_comes_any_more(made: Made, opened: Opened) -> None:
    image(opened, FIRST_S)
    if made.end is None:
        return
    made.end()
    with pytest.raises(made.lost) as lost:
        read_on(opened)
    assert type(lost.value) is made.lost
    assert SECRET not in str(lost.value)


def read_on(opened: Opened) -> None:
    """Read until there is nothing more."""
    end = time.monotonic() + END_S
    while time.monotonic() < end:
        opened.source.read()


def test_it_lets_go_at_once(opened: Opened) -> None:
    image(opened, FIRST_S)
    began = time.monotonic()
    opened.source.close()
    opened.source.close()
    assert time.monotonic() - began < 3
