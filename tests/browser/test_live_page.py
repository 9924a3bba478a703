"""The page of one camera in headless Chromium, on the whole system: demo camera, worker, gateway."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from contracts.metrics import FRAMES_ANALYZED, FRAMES_DRAWN, metric_key
from contracts.storage.counters import CounterStore
from models.drawing import COLOURS
from support.pages import OpenPage

pytestmark = pytest.mark.browser

WaitFor = Callable[..., Any]
LIVE = "#stage[data-state=live]:not([data-empty])"


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """The camera's page, with its video."""
    page = open_page("camera/camera")
    page.wait_for_selector(LIVE, timeout=60_000)
    return page


def pixels(page: Page) -> np.ndarray[Any, Any]:
    """What the video shows now."""
    shot = page.locator("#stage canvas").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def test_the_page_shows_moving_video_and_the_people_in_it(page: Page, wait_for: WaitFor) -> None:
    first = pixels(page)
    wait_for(lambda: abs(pixels(page) - first).mean() > 2, "the picture to move")
    page.wait_for_selector("#people .person")
    assert page.locator("#people .word").first.inner_text() in COLOURS
    assert page.locator("#people .bars").first.locator("li").count() == 7
    assert page.locator("#stage .age").inner_text().endswith("ms ago")


def test_two_pages_cost_one_drawing_a_frame(page: Page, open_page: OpenPage, redis: Any, wait_for: WaitFor) -> None:
    def counts() -> tuple[float, float]:
        found = CounterStore(redis).read()
        drawn, analyzed = (found.get(metric_key(name, camera="camera"), 0) for name in (FRAMES_DRAWN, FRAMES_ANALYZED))
        return drawn, analyzed

    second = open_page("camera/camera")
    second.wait_for_selector(LIVE)
    drawn, analyzed = counts()
    wait_for(lambda: counts()[0] > drawn + 20, "twenty drawings")
    drawn_since, analyzed_since = counts()[0] - drawn, counts()[1] - analyzed
    assert 0 < drawn_since <= analyzed_since, "no frame is drawn for one page and again for the other"


def test_every_view_fits_a_phone(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, color_scheme="light")
    for view in ("", "cameras", "camera/camera", "photo", "health"):
        page.evaluate("view => { location.hash = `#/${view}` }", view)
        page.wait_for_selector(".screen[data-state=live]:visible, #drop:visible, #health table:visible", timeout=60_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, view
