"""While the server is away the page claims nothing; all comes back by itself."""

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser

from support import pictures
from support.clocks import WaitFor
from support.processes import StartGateway, StartProcess, StartWorkers

pytestmark = pytest.mark.browser

BOXED = """() => {
    const canvas = document.querySelector("#few canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Uint32Array(data.buffer).filter((pixel) => pixel === 0xff24b2ff).length;
}"""
"""How many pixels of a tile have the first person's colour."""


@pytest.mark.slow_fault
def test_labels_go_photos_and_cameras_say_a_sentence_and_all_comes_back(
    browser: Browser,
    start_process: StartProcess,
    start_gateway: StartGateway,
    start_workers: StartWorkers,
    wait_for: WaitFor,
) -> None:
    start_process("capture", camera_source="demo")
    gateway, port = start_gateway()
    start_workers()
    buffer = io.BytesIO()
    Image.fromarray(pictures.astronaut()).save(buffer, "JPEG")
    photo: Any = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
    camera, own, still = (browser.new_page() for _ in range(3))
    camera.goto(f"http://127.0.0.1:{port}/#/camera/camera")
    own.goto(f"http://127.0.0.1:{port}/#/")
    still.goto(f"http://127.0.0.1:{port}/#/photo")
    own.click("#device-button")
    own.click("#notice-agree")
    own.wait_for_selector("#device-live:not([hidden])")
    camera.wait_for_selector("#people .person", timeout=60_000)
    wait_for(lambda: own.evaluate(BOXED) > 0, "a box in the tile")

    gateway.terminate()
    gateway.wait(timeout=30)
    camera.wait_for_selector("#stage[data-state=away]", timeout=20_000)
    camera.wait_for_selector("#away:has-text('cannot be reached')")
    camera.wait_for_selector("#people .person", state="detached")
    assert "%" not in camera.locator(".now").inner_text()
    wait_for(lambda: own.evaluate(BOXED) == 0, "the box in the tile to go")
    assert own.locator("#few .said").inner_text() == ""
    own.wait_for_selector("#device-message[data-tone=bad]:has-text('cannot be reached')")
    still.set_input_files("#file", photo)
    still.wait_for_selector("#photo-message[data-tone=bad]:has-text('cannot be reached')")

    start_process("api", port=port)
    camera.wait_for_selector("#stage[data-state=live]:not([data-empty])", timeout=40_000)
    camera.wait_for_selector("#people .person", timeout=20_000)
    camera.wait_for_selector("#away", state="hidden")
    own.wait_for_selector("#device-message:not([data-tone=bad])", state="attached", timeout=30_000)
    still.set_input_files("#file", photo)
    still.click("#notice-agree")
    still.wait_for_selector("#photo-message:has-text('One face found.')", timeout=30_000)
