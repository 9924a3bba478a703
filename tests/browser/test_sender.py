"""The page's sender, in a Chromium whose camera shows a face: over the WebSocket, and where there is none."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from support import fake_camera
from support.browser import REMEDY, launch, playwright_on_our_node
from support.clocks import wait_for
from support.nginx import proxy
from support.processes import StartGateway, StartWorkers
from support.programs import unavailable

START = """async (options) => {
  const { Sender } = await import("/page/device/sender.js");
  const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  document.body.append(video);
  window.seen = { results: [], drops: [], troubles: [], ends: [], ways: new Set() };
  window.sender = new Sender({
    video,
    ...options,
    onResult: (result, ms, why) => {
      seen.ways.add(sender.way);
      if (!result) return seen.drops.push(why);
      const { width, sequence, faces } = result;
      seen.results.push({ ms, width, sequence, tracks: faces.map((face) => face.track) });
    },
    onTrouble: (sentence) => sentence && seen.troubles.push(sentence),
    onEnd: (sentence) => seen.ends.push(sentence),
  });
  return sender.start().then(() => "", (error) => error.message);
}"""
SIZES = """async () => {
  const { Pacing } = await import("/page/device/pacing.js");
  const [pacing, sizes] = [new Pacing(960), []];
  const note = () => sizes.push(pacing.sizeOf(1920, 1080));
  note();
  for (let i = 0; i < 8; i += 1) pacing.answered(400);
  note();
  for (let i = 0; i < 500; i += 1) pacing.answered(40);
  note();
  for (let i = 0; i < 500; i += 1) pacing.answered(150);
  note();
  return [...sizes, pacing.sizeOf(320, 240), pacing.sizeOf(1080, 1920)];
}"""
SLOW = """() => {
  window.streams = [];
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    await new Promise((done) => setTimeout(done, 300));
    streams.push(await real(wanted));
    return streams.at(-1);
  };
}"""
"""A camera that takes its time to start, and a list of all that have been started."""
RUNNING = "streams.filter((stream) => stream.active).length"
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake_camera.write_face(tmp_path_factory.mktemp("camera") / "face.y4m")


@contextmanager
def page_of(url: str, *options: str) -> Iterator[Page]:
    """A page of the gateway, with nothing of the page's own running."""
    with playwright_on_our_node() as playwright:
        browser = launch(playwright, *options)
        if browser is None:
            unavailable("Chromium", REMEDY)
        page = browser.new_page()
        page.goto(f"{url}/docs")
        yield page
        browser.close()


def seen(page: Page, what: str) -> Any:
    return page.evaluate(f"[...seen.{what}]")


def until(page: Page, condition: str) -> None:
    """The page's policy allows no condition that Playwright would look at within it."""
    wait_for(lambda: page.evaluate(condition), condition)


@pytest.fixture
def port(start_workers: StartWorkers, start_gateway: StartGateway) -> int:
    """Of a gateway with a worker behind it."""
    _, port = start_gateway()
    start_workers()
    return port


@pytest.mark.parametrize("way", ["direct", "nginx"])
def test_a_face_is_followed_over_the_websocket_and_nothing_is_sent_while_the_page_is_hidden(
    port: int, film: Path, tmp_path: Path, way: str
) -> None:
    with (
        proxy(port, tmp_path) if way == "nginx" else nullcontext(f"http://127.0.0.1:{port}") as url,
        page_of(url, *fake_camera.options(film)) as page,
    ):
        assert page.evaluate(START, {}) == ""
        until(page, "seen.results.length >= 40")
        results = seen(page, "results")
        assert {tuple(one["tracks"]) for one in results if one["tracks"]} == {(1,)}, "one person, one number"
        assert sum(bool(one["tracks"]) for one in results) >= 0.9 * len(results)
        sequences = [one["sequence"] for one in results]
        assert sequences == sorted(set(sequences))
        assert seen(page, "ways") == ["socket"]
        assert seen(page, "troubles") == []

        page.evaluate(HIDE, True)
        assert page.evaluate("document.querySelector('video').srcObject") is None
        assert page.evaluate("sender.way") == ""
        before = len(seen(page, "results"))
        page.evaluate(HIDE, False)
        until(page, f"seen.results.length >= {before + 5}")

        page.evaluate("sender.stop()")
        assert page.evaluate("document.querySelector('video').srcObject") is None


def test_where_a_proxy_passes_no_websocket_on_pictures_are_posted(port: int, film: Path, tmp_path: Path) -> None:
    with (
        proxy(port, tmp_path, documented=False) as url,
        page_of(url, *fake_camera.options(film)) as page,
    ):
        page.evaluate(START, {})
        until(page, "seen.results.length >= 2")
        assert seen(page, "ways") == ["post"]


def test_a_name_that_may_not_be_sent_and_one_that_is_taken_are_told(
    start_workers: StartWorkers, start_gateway: StartGateway, film: Path, tmp_path: Path
) -> None:
    registry = tmp_path / "cameras.toml"
    registry.write_text('[[camera]]\nname = "desk"\nsource = "browser"\nwidth = 320\n')
    _, port = start_gateway(cameras=registry)
    start_workers()
    url = f"http://127.0.0.1:{port}"
    with page_of(url, *fake_camera.options(film)) as page:
        page.evaluate(START, {"camera": "desk"})
        until(page, "seen.results.length >= 3")
        assert {one["width"] for one in seen(page, "results")} == {320}
        cameras = page.evaluate("fetch('/v1/cameras').then((answer) => answer.json())")["cameras"]
        assert [(one["name"], one["kind"]) for one in cameras] == [("desk", "browser")]
        assert page.context.browser
        second = page.context.browser.new_page()
        second.goto(f"{url}/docs")
        second.evaluate(START, {"camera": "desk"})
        until(second, "seen.troubles.length")
        assert "Another sender has this camera's name" in seen(second, "troubles")[0]
        page.evaluate("sender.stop()")
        until(second, "seen.results.length >= 3")


def test_no_camera_is_left_on_that_comes_when_nobody_waits_for_it_any_more(
    start_gateway: StartGateway, film: Path
) -> None:
    _, port = start_gateway()
    with page_of(f"http://127.0.0.1:{port}", *fake_camera.options(film)) as page:
        page.evaluate(SLOW)
        page.evaluate(START, {})
        for meanwhile in ("sender.stop()", f"({HIDE})(true)"):
            page.evaluate(HIDE, False)
            page.evaluate("sender.start()")
            assert page.evaluate(RUNNING) == 1
            page.evaluate(HIDE, True)
            before = page.evaluate("streams.length")
            page.evaluate(HIDE, False)  # asks for the camera again
            page.evaluate(f"void {meanwhile}")
            until(page, f"streams.length > {before}")
            until(page, f"{RUNNING} === 0")
            assert page.evaluate("document.querySelector('video').srcObject") is None


def test_without_a_camera_the_person_is_told_what_to_do_and_sizes_follow_the_time_of_answers(
    start_gateway: StartGateway,
) -> None:
    _, port = start_gateway()
    with page_of(f"http://127.0.0.1:{port}", "--use-fake-ui-for-media-stream") as page:
        assert page.evaluate(START, {}) == (
            "This device has no camera that the browser can see. Plug one in, or try a photo."
        )
        sizes = page.evaluate(SIZES)
    assert [(one["width"], one["height"]) for one in sizes] == [
        (480, 270),
        (240, 135),
        (960, 540),
        (960, 540),
        (320, 240),
        (540, 960),
    ]
