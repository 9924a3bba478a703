"""This device's camera on the page, in headless Chromium with a made-up camera."""

from pathlib import Path

import pytest
import requests

from contracts.emotions import EMOTIONS
from support import fake_camera
from support.browser import REMEDY, launch, playwright_on_our_node
from support.clocks import WaitFor
from support.processes import StartGateway, StartWorkers
from support.programs import unavailable

pytestmark = pytest.mark.browser

BOXED = """() => {
    const canvas = document.getElementById("device-canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Uint32Array(data.buffer).filter((pixel) => pixel >>> 24).length;
}"""
"""How many pixels are drawn over the picture of the camera."""


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Chromium's options for a camera that shows a face."""
    return fake_camera.options(fake_camera.write_face(tmp_path_factory.mktemp("camera") / "face.y4m"))


def test_one_sees_labels_on_ones_own_face(
    camera: list[str], start_gateway: StartGateway, start_workers: StartWorkers, wait_for: WaitFor
) -> None:
    _, port = start_gateway()
    start_workers()
    with playwright_on_our_node() as playwright:
        browser = launch(playwright, *camera)
        if browser is None:
            unavailable("Chromium", REMEDY)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        page.click("#device-button")
        with page.expect_websocket(lambda socket: "/ingest" in socket.url):
            page.click("#notice-agree")
        page.wait_for_selector("#device-people .person", timeout=30_000)
        assert page.locator("#device-people .word").inner_text() in EMOTIONS
        assert page.locator("#device-people .bars li").count() == 7
        assert page.locator("#device-age").inner_text().startswith("answered in ")
        wait_for(lambda: page.evaluate(BOXED) > 500, "a box over the picture")
        assert "Nobody else sees this camera" in page.locator("#device-who").inner_text()
        assert requests.get(f"http://127.0.0.1:{port}/v1/cameras", timeout=10).json()["cameras"] == []
        page.click("#device-button")
        page.wait_for_selector("#device-live", state="hidden")
        assert page.locator("#device-people .person").count() == 0
        assert page.locator("#device-button").inner_text() == "Start my camera"
        assert page.evaluate("document.getElementById('device-video').srcObject") is None, "the camera's light goes out"
        browser.close()


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


def test_who_declines_is_filmed_no_longer_and_being_seen_by_others_is_asked_for(
    camera: list[str], start_gateway: StartGateway, tmp_path: Path, wait_for: WaitFor
) -> None:
    cameras = tmp_path / "cameras.toml"
    cameras.write_text('[[camera]]\nname = "kiosk"\nsource = "browser"\nhistory_s = 7200\n')
    _, port = start_gateway(cameras=cameras)
    with playwright_on_our_node() as playwright:
        browser = launch(playwright, *camera)
        if browser is None:
            unavailable("Chromium", REMEDY)
        page = browser.new_page()
        listed = {"name": "kiosk", "kind": "browser", "state": "gone", "reason": None, "since": None, "fps": None}
        listed |= {"blur": False, "history_s": 7200, "last_frame_at": None, "age_ms": None}
        page.route("**/v1/cameras", lambda route: route.fulfill(json={"cameras": [listed]}))
        opened: list[str] = []
        page.on("websocket", lambda socket: opened.append(socket.url) if "/ingest" in socket.url else None)
        page.goto(f"http://127.0.0.1:{port}/")
        page.click("#device-button")
        page.click("#notice-agree")
        page.wait_for_selector("#device-on:not([hidden])")
        wait_for(lambda: len(opened) == 1, "the connection")
        assert "/v1/cameras/device-" in opened[0]

        page.select_option("#device-as", "kiosk")
        page.wait_for_selector("#notice[open]")
        assert page.locator("#device-on").is_hidden(), "what ran is stopped at once"
        words = page.locator("#notice").inner_text()
        assert "Everybody who may watch this server will see this camera as kiosk." in words
        assert "kept for 2 h" in words
        assert "stored nowhere else" not in words
        page.click("#notice-decline")
        wait_for(lambda: page.locator("#device-as").input_value() == "", "the choice to be taken back")
        assert len(opened) == 1

        page.click("#device-button")
        page.click("#notice-agree")
        page.wait_for_selector("#device-on:not([hidden])")
        page.click("#notice-open")
        page.click("#notice-decline")
        page.wait_for_selector("#device-message:has-text('stopped, as you declined')")
        assert page.evaluate("document.getElementById('device-video').srcObject") is None
        assert page.locator("#device-button").inner_text() == "Start my camera"
        browser.close()
