"""The notice before a device's first picture, in headless Chromium: nothing is sent before it is agreed to."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from support import pictures
from support.processes import StartGateway

pytestmark = pytest.mark.browser

PURPOSE = "Testing the <b>notice</b>."


@pytest.fixture
def photo() -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.fromarray(pictures.astronaut()).save(buffer, "JPEG")
    return {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


class Visit:
    """A page of a browser that remembers; what it sends is counted, and answered without a worker."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.sent = 0
        self._context = context
        self.address = address
        self.page = self.open()

    def open(self, view: str = "photo") -> Page:
        page = self._context.new_page()
        page.route("**/detect_emotion", self._answer)
        page.goto(f"{self.address}#/{view}")
        return page

    def _answer(self, route: Any) -> None:
        self.sent += 1
        faces = [
            {"box": {"x": 1, "y": 2, "width": 30, "height": 40}, "emotion": None, "confidence": None, "scores": {}}
        ]
        route.fulfill(json={"faces": faces, "message": "No emotions.", "width": 512, "height": 512})


@pytest.fixture
def visit(browser: Browser, start_gateway: StartGateway, request: pytest.FixtureRequest) -> Iterator[Visit]:
    _, port = start_gateway(**getattr(request, "param", {}))
    context = browser.new_context()
    yield Visit(context, f"http://127.0.0.1:{port}/")
    context.close()


@pytest.mark.parametrize("visit", [{"purpose": PURPOSE, "result_ttl_s": 120}], indirect=True)
def test_a_photo_is_sent_only_after_the_notice_and_then_without_asking(visit: Visit, photo: dict[str, Any]) -> None:
    page = visit.page
    page.set_input_files("#file", photo)
    page.wait_for_selector("#notice[open]")
    words = page.locator("#notice").inner_text()
    assert "An expression is not a feeling" in words
    assert "for 2 minutes at most" in words
    assert f"Purpose: {PURPOSE}" in words, "as text, not as HTML"
    assert visit.sent == 0
    page.click("#notice-agree")
    page.wait_for_selector("#photo:not([hidden])")
    assert visit.sent == 1
    again = visit.open()
    again.set_input_files("#file", photo)
    again.wait_for_selector("#photo:not([hidden])")
    assert visit.sent == 2
    assert again.locator("#photo-message").inner_text() == "One face found. No emotions."
    assert again.locator("#photo-faces .word").inner_text() == "Face"


def test_by_keyboard_declined_with_escape_and_agreed_with_enter(visit: Visit) -> None:
    page = visit.open("")
    page.focus("#device-button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#notice[open]")
    assert page.evaluate("document.activeElement.closest('dialog').id") == "notice", "the focus is within"
    page.keyboard.press("Escape")
    page.wait_for_selector("#notice", state="hidden")
    page.wait_for_selector("#device-message:has-text('The camera was not started.')")
    assert visit.sent == 0
    page.focus("#device-button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#notice[open]")
    page.focus("#notice-agree")
    with page.expect_websocket(lambda socket: "/ingest" in socket.url):
        page.keyboard.press("Enter")
    page.wait_for_selector("#device-live:not([hidden])")


def test_who_agreed_may_take_it_back(visit: Visit, photo: dict[str, Any]) -> None:
    page = visit.page
    page.set_input_files("#file", photo)
    page.click("#notice-agree")
    page.wait_for_selector("#photo:not([hidden])")
    page.click("#notice-open")
    page.click("#notice-decline")
    page.set_input_files("#file", photo)
    page.wait_for_selector("#notice[open]")
    page.click("#notice-decline")
    page.wait_for_selector("#photo-message:has-text('The photo was not sent.')")
    assert visit.sent == 1


def words_of_the_notice(visit: Visit, photo: dict[str, Any]) -> str:
    """What a person reads before the first photo is sent."""
    visit.page.set_input_files("#file", photo)
    visit.page.wait_for_selector("#notice[open]")
    return str(visit.page.locator("#notice").inner_text())


@pytest.mark.parametrize("visit", [{"notice": "Ask <i>Ada</i> first.", "faces_only": True}], indirect=True)
def test_the_text_is_that_of_the_setting(visit: Visit, photo: dict[str, Any]) -> None:
    words = words_of_the_notice(visit, photo)
    assert "Ask <i>Ada</i> first." in words
    assert "feeling" not in words


@pytest.mark.parametrize("visit", [{"faces_only": True}], indirect=True)
def test_where_no_emotions_are_read_the_notice_says_so(visit: Visit, photo: dict[str, Any]) -> None:
    words = words_of_the_notice(visit, photo)
    assert "reads no emotions" in words
    assert "feeling" not in words


def test_without_the_notice_nothing_is_sent(visit: Visit, photo: dict[str, Any]) -> None:
    visit.page.route("**/notice.json", lambda route: route.fulfill(status=503))
    visit.page.set_input_files("#file", photo)
    visit.page.wait_for_selector("#photo-message[data-tone=bad]")
    assert "nothing is sent" in visit.page.locator("#photo-message").inner_text()
    assert visit.sent == 0


@pytest.mark.parametrize("visit", [{"purpose": PURPOSE}], indirect=True)
def test_the_page_of_the_interface_tells_the_purpose(visit: Visit) -> None:
    visit.page.goto(visit.address + "docs")
    visit.page.wait_for_selector("#purpose:not([hidden])")
    assert visit.page.locator("#purpose").inner_text() == f"Purpose: {PURPOSE}"
