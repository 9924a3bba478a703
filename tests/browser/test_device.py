"""This device's camera on the page, in headless Chromium with a made-up camera."""

import pytest

from support.pages import OpenPage

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
