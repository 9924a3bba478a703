"""The page where it is harder: behind a proxy without WebSockets, and where keys are required."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser

from api.access.keys import ApiKeyStore
from api.http.scopes import Scope
from support.processes import StartGateway, StartProcess, StartWorkers

pytestmark = pytest.mark.browser

REFUSE = """() => {
  window.WebSocket = class {
    static OPEN = 1;
    readyState = 0;
    constructor() { setTimeout(() => this.onclose?.({ code: 1006 })); }
    close() {}
  };
}"""
"""As where a proxy does not pass WebSockets on."""


def test_without_websockets_pictures_come_over_the_plain_feed(
    browser: Browser, start_process: StartProcess, start_gateway: StartGateway, start_workers: StartWorkers
) -> None:
    start_process("capture", camera_source="demo")
    _, port = start_gateway()
    start_workers()
    page = browser.new_page()
    page.add_init_script(f"({REFUSE})()")
    with page.expect_request(lambda request: "/video_feed?camera=camera" in request.url, timeout=60_000):
        page.goto(f"http://127.0.0.1:{port}/#/camera/camera")
    page.wait_for_selector("#stage[data-state=live][data-drawn]:not([data-empty])", timeout=60_000)
    page.wait_for_selector("#people .person")
    page.goto(f"http://127.0.0.1:{port}/#/cameras")
    page.wait_for_selector("#wall .screen[data-state=live]:not([data-empty])", timeout=30_000)


def test_with_keys_required_the_browsers_password_opens_everything(
    browser: Browser,
    redis: Any,
    start_process: StartProcess,
    start_gateway: StartGateway,
    start_workers: StartWorkers,
    wait_for: Callable[..., Any],
) -> None:
    start_process("capture", camera_source="demo")
    _, port = start_gateway(require_keys=True)
    start_workers()
    token = ApiKeyStore(redis).create("page", frozenset({Scope.LIVE, Scope.ANALYZE, Scope.OPERATE}))
    context = browser.new_context(http_credentials={"username": "me", "password": token, "send": "always"})
    page = context.new_page()
    with page.expect_websocket(lambda socket: "/v1/live?token=" in socket.url, timeout=30_000):
        page.goto(f"http://127.0.0.1:{port}/#/camera/camera")
    page.wait_for_selector("#people .person", timeout=60_000)
    page.click(".tabs a >> nth=3")
    page.wait_for_selector("#health-workers tr")
    page.click(".tabs a >> nth=0")
    page.click("#device-button")
    with page.expect_websocket(lambda socket: "/ingest?token=" in socket.url):
        page.click("#notice-agree")
    page.wait_for_selector("#mirror[data-state=live]", timeout=30_000)

    page.click("#device-button")
    page.goto(f"http://127.0.0.1:{port}/#/camera/camera")
    page.wait_for_selector("#people .person", timeout=30_000)
    for key in ApiKeyStore(redis).all():
        ApiKeyStore(redis).revoke(key.id)
    page.wait_for_selector("#away:has-text('nothing any more')", timeout=30_000)
    page.wait_for_selector("#stage[data-state=refused]")
    page.wait_for_selector("#people .person", state="detached")
    assert "sends no picture" not in page.locator("#stage").inner_text(), "no camera is blamed"
