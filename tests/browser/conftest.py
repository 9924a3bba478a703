"""A browser for the tests of the page, and pages that complain to the test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from support.browser import REMEDY, launch, playwright_on_our_node
from support.pages import OpenPage
from support.programs import unavailable


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Chromium with a made-up camera."""
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    with playwright_on_our_node() as playwright:
        browser = launch(playwright, *camera)
        if browser is None:
            unavailable("Chromium", REMEDY)
        yield browser
        browser.close()


@pytest.fixture
def address(
    start_workers: Callable[..., Any], start_process: Callable[..., Any], start_gateway: Callable[..., Any]
) -> str:
    """Where the page of a running system is: demo camera, worker, gateway."""
    start_process("capture", camera_source="demo")
    _, port = start_gateway()
    start_workers()
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[OpenPage]:
    """Any error in the console of a page fails the test, and so does any request to another server."""
    complaints: list[str] = []

    def open_(view: str = "", **context: Any) -> Page:
        page = browser.new_page(**{"viewport": {"width": 1440, "height": 1000}, "color_scheme": "dark"} | context)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        own = (address, "blob:", address.replace("http", "ws"))
        page.on("request", lambda r: None if r.url.startswith(own) else complaints.append(r.url))
        page.goto(f"{address}/#/{view}")
        return page

    yield open_
    for page in [page for context in browser.contexts for page in context.pages]:
        page.close()
    assert complaints == []
