"""A photo on the page, in headless Chromium."""

from typing import Any

import pytest
from PIL import Image

from benchmarks.heic import heic
from models.drawing import COLOURS
from support import pictures
from support.pages import OpenPage

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("kind", ["jpeg", "avif", "heic"])
def test_a_photo_is_answered_and_drawn(open_page: OpenPage, tmp_path: Any, kind: str) -> None:
    """Chromium shows no HEIC: its boxes are drawn on grey."""
    photo = tmp_path / f"astronaut.{kind}"
    if kind == "heic":
        photo.write_bytes(heic())
    else:
        Image.fromarray(pictures.astronaut()).save(photo, quality=92)
    page = open_page("photo")
    page.set_input_files("#file", photo)
    page.click("#notice-agree")
    page.wait_for_selector("#photo:not([hidden])", timeout=30_000)
    assert page.locator("#photo-message").inner_text() == "One face found."
    assert page.locator("#photo-faces .word").inner_text() in COLOURS


def test_a_file_that_is_no_photo_is_explained(browser: Any, address: str, tmp_path: Any) -> None:
    page = browser.new_page()
    page.goto(f"{address}/#/photo")
    text = tmp_path / "notes.jpg"
    text.write_text("not a picture")
    page.set_input_files("#file", text)
    page.click("#notice-agree")
    page.wait_for_selector("#photo-message[data-tone=bad]")
    assert "no image" in page.locator("#photo-message").inner_text()
