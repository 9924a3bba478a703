"""The live page in headless Chromium, on the whole system: demo camera, worker, gateway."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image
from playwright.sync_api import Browser, Page

from benchmarks.heic import heic
from contracts.metrics import FRAMES_ANALYZED, FRAMES_DRAWN, metric_key
from contracts.storage.counters import CounterStore
from models.drawing import COLOURS
from support import pictures
from support.browser import REMEDY, launch, playwright_on_our_node
from support.programs import unavailable

pytestmark = pytest.mark.browser

WaitFor = Callable[..., Any]


@pytest.fixture
def address(
    start_workers: Callable[..., Any], start_process: Callable[..., Any], start_gateway: Callable[..., Any]
) -> str:
    """Where the page of a running system is."""
    start_process("capture", camera_source="demo")
    _, port = start_gateway()
    start_workers()
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def browser() -> Iterator[Browser]:
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    with playwright_on_our_node() as playwright:
        browser = launch(playwright, *camera)
        if browser is None:
            unavailable("Chromium", REMEDY)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, opened; any error in its console fails the test, and so does any request to another server."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000}, color_scheme="dark")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("request", lambda r: None if r.url.startswith((address, "blob:")) else complaints.append(r.url))
    page.goto(address)
    page.wait_for_selector("#state[data-state=live]", timeout=60_000)
    yield page
    page.close()
    assert complaints == []


def pixels(page: Page) -> np.ndarray[Any, Any]:
    """What the video shows now."""
    shot = page.locator("#video").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def boxed(picture: np.ndarray[Any, Any]) -> bool:
    """Whether something is drawn in one of the annotation's colours."""
    return any((abs(picture - colour[::-1]).max(axis=2) < 24).sum() > 1_500 for colour in COLOURS.values())


def test_the_page_shows_moving_annotated_video_and_the_emotions(page: Page, wait_for: WaitFor) -> None:
    wait_for(lambda: boxed(pixels(page)), "a box in the picture")
    first = pixels(page)
    wait_for(lambda: abs(pixels(page) - first).mean() > 2, "the picture to move")
    page.wait_for_selector("#faces .face")
    assert page.locator("#faces h3").first.inner_text() in COLOURS
    assert page.locator("#faces .bars").first.locator("li").count() == 7
    assert page.locator("#age").inner_text().endswith("ms ago")


def test_two_pages_cost_one_drawing_a_frame(
    page: Page, browser: Browser, address: str, redis: Any, wait_for: WaitFor
) -> None:
    def counts() -> tuple[float, float]:
        found = CounterStore(redis).read()
        drawn, analyzed = (found.get(metric_key(name, camera="camera"), 0) for name in (FRAMES_DRAWN, FRAMES_ANALYZED))
        return drawn, analyzed

    second = browser.new_page()
    second.goto(address)
    second.wait_for_selector("#state[data-state=live]")
    drawn, analyzed = counts()
    wait_for(lambda: counts()[0] > drawn + 20, "twenty drawings")
    drawn_since, analyzed_since = counts()[0] - drawn, counts()[1] - analyzed
    assert 0 < drawn_since <= analyzed_since, "no frame is drawn for one page and again for the other"
    second.close()


def test_video_and_emotions_are_of_the_same_camera(
    browser: Browser, address: str, start_process: Callable[..., Any], wait_for: WaitFor
) -> None:
    start_process("capture", camera_source="demo", camera="other")
    wait_for(lambda: len(requests.get(f"{address}/v1/cameras", timeout=10).json()["cameras"]) == 2, "two cameras")
    page = browser.new_page()
    page.goto(address)
    with page.expect_request(lambda request: "/emotion_data?camera=" in request.url, timeout=20_000) as asked:
        page.wait_for_selector("#picker:not([hidden])", timeout=20_000)
    camera = asked.value.url.partition("?")[2]
    assert f"?{camera}&" in str(page.locator("#video").get_attribute("src"))
    assert f"camera={page.locator('#camera').input_value()}" == camera
    page.close()


def test_the_video_comes_back_after_the_gateway(
    browser: Browser,
    start_process: Callable[..., Any],
    start_gateway: Callable[..., Any],
    wait_for: WaitFor,
) -> None:
    start_process("capture", camera_source="demo")
    gateway, port = start_gateway()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{port}")
    page.wait_for_selector("#video[src*='camera=camera']", timeout=20_000)
    gateway.terminate()
    gateway.wait(timeout=30)
    page.wait_for_selector("#state[data-state=unreachable]", timeout=20_000)
    start_process("api", port=port)
    page.wait_for_selector("#state:not([data-state=unreachable])", timeout=30_000)
    metrics = f"http://127.0.0.1:{port}/metrics"
    viewer = 'mien_viewers{camera="camera"} 1.0'
    wait_for(lambda: viewer in requests.get(metrics, timeout=10).text, "a new stream", 20)
    page.close()


@pytest.mark.parametrize("kind", ["jpeg", "avif", "heic"])
def test_a_photo_is_answered_and_drawn(page: Page, tmp_path: Any, kind: str) -> None:
    """Chromium shows no HEIC: its boxes are drawn on grey."""
    photo = tmp_path / f"astronaut.{kind}"
    if kind == "heic":
        photo.write_bytes(heic())
    else:
        Image.fromarray(pictures.astronaut()).save(photo, quality=92)
    page.set_input_files("#file", photo)
    page.click("#notice-agree")
    page.wait_for_selector("#photo:not([hidden])", timeout=30_000)
    assert page.locator("#photo-message").inner_text() == "One face found."
    assert page.locator("#photo-faces h3").inner_text() in COLOURS


def test_a_file_that_is_no_photo_is_explained(browser: Browser, address: str, tmp_path: Any) -> None:
    page = browser.new_page()
    page.goto(address)
    text = tmp_path / "notes.jpg"
    text.write_text("not a picture")
    page.set_input_files("#file", text)
    page.click("#notice-agree")
    page.wait_for_selector("#photo-message[data-tone=bad]")
    assert "no image" in page.locator("#photo-message").inner_text()


def test_this_browsers_camera_is_sent_and_stopped(page: Page) -> None:
    with page.expect_response(lambda r: r.url.endswith("/detect_emotion") and r.ok):
        page.click("#webcam-button")
        page.click("#notice-agree")
    page.wait_for_selector("#webcam-message:has-text('No face')")
    page.click("#webcam-button")
    page.wait_for_selector("#webcam", state="hidden")
    assert page.locator("#webcam-button").inner_text() == "Start my camera"


def test_it_fits_a_phone(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme="light")
    page.goto(address)
    page.wait_for_selector("#state[data-state=live]", timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
