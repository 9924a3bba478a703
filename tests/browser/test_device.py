"""This device's camera on the page, in headless Chromium with a made-up camera."""

import pytest

from support.browser import REMEDY, launch, playwright_on_our_node
from support.pages import OpenPage
from support.processes import StartGateway
from support.programs import unavailable

pytestmark = pytest.mark.browser


def test_this_browsers_camera_is_sent_and_stopped(open_page: OpenPage) -> None:
    page = open_page()
    with page.expect_response(lambda r: r.url.endswith("/detect_emotion") and r.ok):
        page.click("#device-button")
        page.click("#notice-agree")
    page.wait_for_selector("#device-message:has-text('No face')")
    page.click("#device-button")
    page.wait_for_selector("#device-live", state="hidden")
    assert page.locator("#device-button").inner_text() == "Start my camera"


def test_without_a_camera_it_says_what_to_do(start_gateway: StartGateway) -> None:
    _, port = start_gateway()
    with playwright_on_our_node() as playwright:
        browser = launch(playwright)
        if browser is None:
            unavailable("Chromium", REMEDY)
        page = browser.new_page(permissions=["camera"])
        page.goto(f"http://127.0.0.1:{port}/")
        page.click("#device-button")
        page.click("#notice-agree")
        page.wait_for_selector("#device-message[data-tone=bad]:has-text('has no camera')")
        assert page.locator("#device-button").inner_text() == "Start my camera"
        browser.close()
