"""The wall of cameras in headless Chromium: more of them than a browser opens connections."""

from typing import Any

import pytest
from playwright.sync_api import Browser
from redis import Redis

from contracts.settings import Settings
from support.cameras import publishing
from support.clocks import WaitFor
from support.pages import watched
from support.pictures import astronaut_jpeg
from support.processes import StartGateway, StartWorkers

pytestmark = pytest.mark.browser

NAMES = [f"hall-{number}" for number in range(1, 13)]


def test_twelve_cameras_are_all_live_and_each_leads_to_its_page(
    browser: Browser,
    redis: Redis,
    settings: Settings,
    start_gateway: StartGateway,
    start_workers: StartWorkers,
    wait_for: WaitFor,
) -> None:
    _, port = start_gateway()
    start_workers()
    with publishing(redis, settings, NAMES, astronaut_jpeg(320), fps=3):
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        with watched(page) as complaints:
            page.goto(f"http://127.0.0.1:{port}/#/cameras")
            live = page.locator("#wall .tile .screen[data-state=live]:not([data-empty])")
            wait_for(lambda: live.count() == len(NAMES), "all cameras to be live", 60)
            assert page.locator("#wall .tile b").all_inner_texts() == NAMES, "in the order of their numbers"
            page.wait_for_selector("#wall .said:has-text('%')")
            assert page.evaluate("document.documentElement.scrollWidth") <= 1440
            page.click("#wall .tile a >> nth=6")
            page.wait_for_selector("#stage[data-state=live]:not([data-empty])")
            assert page.locator("#camera-name").inner_text() == "hall-7"
            assert complaints == []


def test_without_a_camera_it_says_so(browser: Browser, start_gateway: StartGateway) -> None:
    _, port = start_gateway()
    page: Any = browser.new_page()
    page.goto(f"http://127.0.0.1:{port}/#/cameras")
    page.wait_for_selector("text=No camera has sent a picture")
    page.goto(f"http://127.0.0.1:{port}/#/camera/nobody")
    page.wait_for_selector("#stage .veil:has-text('no camera of this name')")
    assert page.locator("#snapshot").is_disabled()
    assert page.locator("#csv").is_disabled()
    page.goto(f"http://127.0.0.1:{port}/#/constructor")
    page.wait_for_selector("#view-home:not([hidden])")
