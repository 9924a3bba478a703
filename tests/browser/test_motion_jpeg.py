"""Motion JPEG in headless Chromium: a picture is shown when it has come, not when the next one has."""

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from api.live import mjpeg
from support.browser import REMEDY, launch, playwright_on_our_node
from support.clocks import WaitFor
from support.programs import unavailable

pytestmark = pytest.mark.browser

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
SHOWN = """() => {
  const canvas = document.createElement("canvas"), picture = document.querySelector("img");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0, 1, 1);
  return Array.from(context.getImageData(0, 0, 1, 1).data.slice(0, 3), (value) => 255 * Math.round(value / 255));
}"""
"""The colour that is on the screen."""


def picture(colour: str, kind: str) -> mjpeg.Picture:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), COLOURS[colour]).save(buffer, "JPEG", quality=95)
    return mjpeg.picture(kind, buffer.getvalue())


class Film:
    """A page with a stream that goes on when it is told to, and repeats nothing."""

    def __init__(self) -> None:
        self._next, self._pictures = threading.Semaphore(0), list[mjpeg.Picture]()
        film = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                stream = self.path == "/stream"
                self.send_header("Content-Type", mjpeg.CONTENT_TYPE if stream else "text/html")
                self.end_headers()
                for data in mjpeg.stream(film._shown()) if stream else [b"<img src=/stream>"]:
                    self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def show(self, shown: mjpeg.Picture) -> None:
        """Send it, and what belongs to it."""
        self._pictures.append(shown)
        self._next.release()

    def close(self) -> None:
        """End the stream and the server."""
        self._next.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _shown(self) -> Iterator[mjpeg.Picture]:
        while self._next.acquire() and self._pictures:
            yield self._pictures.pop(0)


@pytest.fixture
def film() -> Iterator[Film]:
    film = Film()
    yield film
    film.close()


def test_each_picture_is_shown_although_no_other_comes(film: Film, wait_for: WaitFor) -> None:
    with playwright_on_our_node() as playwright:
        browser = launch(playwright)
        if browser is None:
            unavailable("Chromium", REMEDY)
        page = browser.new_page()
        page.goto(film.url, wait_until="commit")
        for colour, kind in (("red", "annotated"), ("green", "annotated"), ("blue", "plain")):
            film.show(picture(colour, kind))
            wait_for(lambda: page.evaluate(SHOWN) == list(COLOURS[colour]), f"the {colour} picture", 20)  # noqa: B023
        browser.close()
