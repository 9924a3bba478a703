"""The page on health, in headless Chromium."""

import pytest
from playwright.sync_api import Browser

from support.pages import OpenPage
from support.processes import StartGateway

pytestmark = pytest.mark.browser


def test_it_shows_workers_queues_and_cameras(open_page: OpenPage) -> None:
    page = open_page("health")
    page.wait_for_selector("#verdict[data-state=live]", timeout=60_000)
    page.wait_for_selector("#health-workers tr")
    assert page.locator("#health-queues th").all_inner_texts() == ["interactive", "live", "webhooks", "bulk"]
    row = page.locator("#health-cameras tr", has_text="camera")
    row.wait_for()
    page.wait_for_selector("#health-cameras td:has-text('/s')")


def test_without_a_worker_it_says_what_is_missing(browser: Browser, start_gateway: StartGateway) -> None:
    _, port = start_gateway()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{port}/#/health")
    page.wait_for_selector("#verdict[data-state=gone]:has-text('Not ready')")
    assert "no worker has reported" in page.locator("#checks").inner_text()
    assert "No worker has reported lately" in page.locator("#health").inner_text()
