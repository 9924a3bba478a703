"""What can be done with the video on a camera's page: pause, snapshot, CSV, by mouse and by keyboard."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from contracts.emotions import EMOTIONS
from support.clocks import WaitFor
from support.pages import OpenPage

pytestmark = pytest.mark.browser

DRAWN = """() => {
    const canvas = document.querySelector("#timeline canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Uint32Array(data.buffer).filter((pixel) => pixel >>> 24).length;
}"""
"""How many pixels of the timeline are drawn."""


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    page = open_page("camera/camera")
    page.wait_for_selector("#people .person", timeout=60_000)
    return page


def taken(page: Page, act: Any) -> bytes:
    """The file that the page gives when this is done."""
    with page.expect_download() as download:
        act()
    return Path(download.value.path()).read_bytes()


def test_pause_snapshot_csv_and_timeline(page: Page, wait_for: WaitFor) -> None:
    picture = Image.open(io.BytesIO(taken(page, lambda: page.click("#snapshot"))))
    assert (picture.format, picture.size) == ("PNG", (640, 480)), "in the camera's own size"
    page.click("#pause")
    page.wait_for_selector("#stage[data-state=paused]")
    assert page.locator("#people .person").count() == 1, "what is said stands beside what is seen"
    first, second = (taken(page, lambda: page.click("#csv")).decode() for _ in range(2))
    assert first == second, "nothing is added while it rests"
    rows = list(csv.DictReader(io.StringIO(first)))
    assert rows[-1]["emotion"] in EMOTIONS
    assert {rows[-1][name.lower()] for name in EMOTIONS} != {""}
    assert sum(float(rows[-1][name.lower()]) for name in EMOTIONS) == pytest.approx(1, abs=0.01)
    assert (rows[-1]["camera"], rows[-1]["person"]) == ("camera", "1")
    assert rows[0]["time_utc"] < rows[-1]["time_utc"], "the newest row is the last"
    page.click("#pause")
    page.wait_for_selector("#stage[data-state=live]")
    page.wait_for_selector("#demo-note:has-text('MIEN_CAMERA_SOURCE=')")
    assert "not a feeling" in page.locator(".now .feeling").inner_text()
    page.wait_for_selector("#timeline canvas")
    before = page.evaluate(DRAWN)
    wait_for(lambda: page.evaluate(DRAWN) > before + 20, "the lines to grow")


def test_all_of_it_by_keyboard(page: Page) -> None:
    page.focus("#stage")
    page.keyboard.press("Space")
    page.wait_for_selector("#stage[data-state=paused]")
    assert taken(page, lambda: page.keyboard.press("s")).startswith(b"\x89PNG")
    page.keyboard.press("b")
    assert page.locator("#blur").is_checked()
    assert page.locator("#blur").get_attribute("role") == "switch"
    page.keyboard.press("b")
    cleared = page.evaluate(
        "() => (document.getElementById('blur').click(), document.getElementById('stage').hasAttribute('data-empty'))"
    )
    assert cleared, "no picture from before stays, and so it goes on"
    page.wait_for_selector("#stage[data-state=live]:not([data-empty])", timeout=20_000)
    page.focus("#csv")
    page.keyboard.press("b")
    assert page.locator("#blur").is_checked(), "keys count on the video alone"
