"""Pages of other sites in headless Chromium: what they can make a browser do, beside the page of the gateway itself."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from PIL import Image
from playwright.sync_api import Browser, Page
from redis import Redis

from api.access.keys import ApiKeyStore
from api.http.scopes import Scope
from contracts.frames import Frame, FrameStamp
from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from contracts.storage.jobs import JobStore
from support.browser import REMEDY, launch, playwright_on_our_node
from support.programs import unavailable

pytestmark = pytest.mark.browser

_OPTIONS = (
    # Every name leads here, as a page that rebinds its name makes it; and Chromium's own help against that is off.
    "--host-resolver-rules=MAP * 127.0.0.1",
    "--no-proxy-server",
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,PrivateNetworkAccessSendPreflights",
)
SHOW = """([address, crossorigin]) => new Promise((resolve) => {
  const image = new Image();
  if (crossorigin) image.crossOrigin = "anonymous";
  image.onload = () => resolve(image.naturalWidth);
  image.onerror = () => resolve(0);
  image.src = address;
})"""
READ = "(address) => fetch(address).then((answer) => answer.text(), () => null)"
START = """([address, mode]) => {
  const form = new FormData();
  form.append("image", new Blob([new Uint8Array([255, 216, 255])]), "a.jpg");
  form.append("image", new Blob([new Uint8Array([255, 216, 255])]), "b.jpg");
  return fetch(address, { method: "POST", body: form, mode }).then((answer) => answer.status, () => null);
}"""


@pytest.fixture
def browser() -> Iterator[Browser]:
    with playwright_on_our_node() as playwright:
        browser = launch(playwright, *_OPTIONS)
        if browser is None:
            unavailable("Chromium", REMEDY)
        yield browser
        browser.close()


@pytest.fixture
def elsewhere() -> Iterator[int]:
    """The port of another web server of this machine, with an empty page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def jobs(redis: Redis, settings: Settings) -> JobStore:
    return JobStore(redis, settings)


def publish(redis: Redis, settings: Settings) -> None:
    """A frame of a camera, to be stolen; it lives longer than the test."""
    frames = FrameStore(redis, settings.model_copy(update={"frame_ttl_s": 600.0}))
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 90, 60)).save(picture, "JPEG")
    frames.publish(Frame("camera", FrameStamp(1, 1), time.time(), picture.getvalue()))


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_page()
    page.goto(address)
    return page


@pytest.mark.parametrize("name", ["evil.example", "localhost", "127.0.0.1"])
def test_a_foreign_page_shows_no_frame_reads_nothing_and_starts_nothing(
    browser: Browser,
    start_gateway: Callable[..., Any],
    elsewhere: int,
    redis: Redis,
    settings: Settings,
    jobs: JobStore,
    name: str,
) -> None:
    publish(redis, settings)
    _, port = start_gateway()
    page, gateway = opened(browser, f"http://{name}:{elsewhere}/"), f"http://127.0.0.1:{port}"
    assert page.evaluate(SHOW, [f"{gateway}/video_feed", False]) == 0
    assert page.evaluate(SHOW, [f"{gateway}/page/icon.svg", False]) == 0
    assert page.evaluate(READ, f"{gateway}/emotion_data") is None
    page.evaluate(START, [f"{gateway}/v1/jobs", "no-cors"])
    page.evaluate(START, [f"{gateway}/v1/jobs", "cors"])
    assert jobs.open_count() == 0


def test_a_name_that_was_rebound_leads_to_a_refusal(
    browser: Browser, start_gateway: Callable[..., Any], redis: Redis, settings: Settings, jobs: JobStore
) -> None:
    publish(redis, settings)
    _, port = start_gateway()
    page = browser.new_page()
    answer = page.goto(f"http://rebound.example:{port}/")
    assert answer is not None
    assert answer.status == 403
    assert "MIEN_ALLOWED_HOSTS" in answer.text()
    assert '"cross_site"' in page.evaluate(READ, "/emotion_data"), "now it is the same origin to the browser"
    assert page.evaluate(SHOW, ["/video_feed", False]) == 0
    assert page.evaluate(START, ["/v1/jobs", "cors"]) == 403
    assert jobs.open_count() == 0


def test_an_origin_that_cors_allows_shows_reads_and_starts(
    browser: Browser,
    start_gateway: Callable[..., Any],
    elsewhere: int,
    redis: Redis,
    settings: Settings,
    jobs: JobStore,
) -> None:
    publish(redis, settings)
    origin = f"http://app.example:{elsewhere}"
    _, port = start_gateway(cors_origins=origin)
    page, gateway = opened(browser, origin), f"http://127.0.0.1:{port}"
    assert page.evaluate(SHOW, [f"{gateway}/video_feed", True]) > 0
    assert "emotion" in page.evaluate(READ, f"{gateway}/emotion_data")
    assert page.evaluate(START, [f"{gateway}/v1/jobs", "cors"]) == 202
    assert jobs.open_count() == 1


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("require_keys", [False, True])
def test_the_own_page_shows_reads_and_starts(
    browser: Browser,
    start_gateway: Callable[..., Any],
    redis: Redis,
    settings: Settings,
    jobs: JobStore,
    name: str,
    require_keys: bool,
) -> None:
    publish(redis, settings)
    _, port = start_gateway(require_keys=require_keys)
    token = ApiKeyStore(redis).create("me", frozenset({Scope.LIVE, Scope.ANALYZE}))
    context = browser.new_context(http_credentials={"username": "me", "password": token} if require_keys else None)
    page = context.new_page()
    answer = page.goto(f"http://{name}:{port}/")
    assert answer is not None
    assert answer.status == 200, "Chromium asks for the key and sends it as a password"
    assert page.evaluate(SHOW, ["/video_feed", False]) > 0
    assert "emotion" in page.evaluate(READ, "/emotion_data")
    assert page.evaluate(START, ["/v1/jobs", "cors"]) == 202
    assert jobs.open_count() == 1
    context.close()


def test_programs_need_no_origin(start_gateway: Callable[..., Any]) -> None:
    _, port = start_gateway()
    assert requests.get(f"http://127.0.0.1:{port}/emotion_data", timeout=10).status_code == 200
