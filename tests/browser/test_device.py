"""This device's camera on the page, in headless Chromium with a made-up camera."""

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
