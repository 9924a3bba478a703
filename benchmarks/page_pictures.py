"""Take the pictures of the page that the documentation shows, on a system of its own (`make pictures`).

    PYTHONPATH=tests python -m benchmarks.page_pictures [--into docs]

The only person on them is the one of the demo, whose photo is in the public domain.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from benchmarks.system import ROOT, System, running_system
from capture.sources.demo import portrait
from support.browser import REMEDY, launch, playwright_on_our_node

_HEAD = (slice(0, 300), slice(60, 400))  # rows, columns of the portrait
_GROUND = (96, 84, 72)
_PLACES = ((70, 70, 1.0, 1.0), (420, 190, 0.75, 1.0), (700, 40, 0.6, 0.75))  # left, top, scale, brightness
_STEPS = 24
_WINDOWS = ((1440, 930), (1440, 1130), (1440, 520), (390, 844))  # CSS pixels
_CAMERAS = """
[[camera]]
name = "lobby"
source = "demo"

[[camera]]
name = "meeting"
source = "{folder}/meeting/"
fps = 8
history_s = 86400

[[camera]]
name = "reception"
source = "demo"
blur = true

[[camera]]
name = "yard"
source = "rtsp://127.0.0.1:9/live"
"""


def main() -> None:
    """Start everything, take the pictures, stop everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=ROOT / "docs")
    into = parser.parse_args().into
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        draw_meeting(folder / "meeting")
        (folder / "cameras.toml").write_text(_CAMERAS.format(folder=folder))
        system = stack.enter_context(running_system())
        stack.enter_context(captured(system, folder / "cameras.toml"))
        browser = launch(stack.enter_context(playwright_on_our_node()), "--hide-scrollbars")
        if browser is None:
            sys.exit(REMEDY)
        stack.callback(browser.close)
        take(browser, system.address, into)


def draw_meeting(folder: Path) -> None:
    """Three people who sway a little: the images of a folder that is a camera."""
    folder.mkdir()
    head = portrait()[_HEAD]
    for step in range(_STEPS):
        image: NDArray[np.uint8] = np.full((540, 960, 3), _GROUND, np.uint8)
        for person, (left, top, scale, light) in enumerate(_PLACES):
            scaled = cv2.resize(head, None, fx=scale, fy=scale)
            shown = (scaled[:, ::-1] if person % 2 else scaled) * light
            x = left + round(18 * math.sin(2 * math.pi * step / _STEPS + person))
            part = image[top : top + shown.shape[0], x : x + shown.shape[1]]
            part[:] = shown[: part.shape[0], : part.shape[1]].astype(np.uint8)
        cv2.imwrite(str(folder / f"{step:02}.jpg"), image)


@contextmanager
def captured(system: System, cameras: Path) -> Iterator[None]:
    """These cameras, captured until the block ends."""
    environment = {**os.environ, "MIEN_REDIS_URL": system.redis_url, "MIEN_CAMERAS": str(cameras)}
    process = subprocess.Popen([sys.executable, "-m", "capture"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def take(browser: Browser, address: str, into: Path) -> None:
    """All pictures."""
    desk, high, low, phone = ({"width": w, "height": h} for w, h in _WINDOWS)
    tiles = "#{0} .tile:has-text('3 faces') >> nth=0"
    shots = (
        ("page-home", "", desk, "light", tiles.format("few"), 0.0),
        ("page-camera", "camera/meeting", high, "dark", "#people .person >> nth=2", 45.0),
        (
            "page-cameras",
            "cameras",
            low,
            "dark",
            tiles.format("wall"),
            0.0,
        ),
        ("page-phone", "camera/lobby", phone, "light", "#people .person", 12.0),
    )
    for name, view, viewport, scheme, whole, watched_s in shots:
        page = browser.new_page(viewport=viewport, color_scheme=scheme, device_scale_factor=1)  # type: ignore[arg-type]
        page.goto(f"{address}/#/{view}")
        page.wait_for_selector(whole, timeout=60_000)
        settle(page, 3.0 + watched_s)
        page.screenshot(path=into / f"{name}.jpg", type="jpeg", quality=82)
        page.close()
        print(into / f"{name}.jpg")


def settle(page: Page, seconds: float) -> None:
    """Look on for a while, so that the timeline has something to show."""
    page.wait_for_timeout(seconds * 1000)


if __name__ == "__main__":
    main()
