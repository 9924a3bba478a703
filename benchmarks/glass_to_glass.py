"""How old what a viewer sees is: a time code is burnt into frames, and read back from a canvas in headless Chromium.

    python -m benchmarks.glass_to_glass [--seconds 30] [--minutes 0] [--fps 15]

Capture, Redis, a worker with the real networks, the gateway and the browser are real, all on this machine. Pictures are
the demo's, 640 by 480. Through `/video_feed` an `<img>` is drawn onto a canvas whenever the browser paints; through the
WebSocket each picture is drawn when it comes, and acknowledged. What is counted is each picture's first appearance.
`plain` is the same with a worker that takes a second for each frame: only pictures that are plain are counted, where
that is told. With `--minutes` each way runs that long, and the first and the last minute are compared.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.live_cameras import filming
from benchmarks.system import running_system
from benchmarks.timecode import BITS, READ, STRIP

_SETTLES_S: Final = 4.0
"""Until workers, connections and the browser are warm."""
_SLOW_S: Final = 1.0
_CHROMIUM: Final = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
_COMMON: Final = f"""
  const canvas = document.createElement("canvas"), read = {READ};
  const context = canvas.getContext("2d", {{ willReadFrequently: true }});
  const [left, top, width, height] = {list(STRIP)};
  canvas.width = 640; canvas.height = 480;
  window.seen = [];
  let last = null;
  const look = (picture, kind) => {{
    context.drawImage(picture, 0, 0, 640, 480);
    const code = read(context.getImageData(left, top, width, height).data, width);
    const age = ((Date.now() - code) % (1 << {BITS}) + (1 << {BITS})) % (1 << {BITS});
    if (code !== null && code !== last) window.seen.push([Date.now(), age, kind]);
    last = code ?? last;
  }};
"""
_FEED: Final = (
    f"() => {{{_COMMON}"
    + """
  const image = new Image();
  image.src = "/video_feed?camera=hall";
  document.body.replaceChildren(image, canvas);
  const paint = () => { if (image.naturalWidth) look(image, "shown"); requestAnimationFrame(paint); };
  requestAnimationFrame(paint);
}"""
)
_SOCKET: Final = (
    f"() => {{{_COMMON}"
    + """
  document.body.replaceChildren(canvas);
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/v1/live");
  socket.binaryType = "arraybuffer";
  socket.onopen = () => socket.send(JSON.stringify({ watch: { hall: { boxes: false } } }));
  socket.onmessage = async ({ data }) => {
    const length = new DataView(data).getUint32(0);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    if (data.byteLength === 4 + length) return;
    const picture = await createImageBitmap(new Blob([new Uint8Array(data, 4 + length)], { type: "image/jpeg" }));
    if (header.picture !== "placeholder") look(picture, header.picture);
    picture.close();
    socket.send(JSON.stringify({ shown: { camera: header.camera, serial: header.serial } }));
  };
}"""
)
_WAYS: Final = {"`/video_feed`": _FEED, "WebSocket": _SOCKET}


class Seen(NamedTuple):
    """One picture as it appeared."""

    at_ms: float
    age_ms: float
    kind: str


def run_slow_worker() -> None:
    """A worker that takes a second for each frame."""
    from models import Analyzer
    from workers import __main__

    quick = Analyzer.analyze_image

    def slowly(self: Analyzer, *arguments: Any, **named: Any) -> Any:
        time.sleep(_SLOW_S)
        return quick(self, *arguments, **named)

    Analyzer.analyze_image = slowly  # type: ignore[method-assign]
    __main__.main([])


def measure(page: Page, address: str, way: str, seconds: float) -> list[Seen]:
    """Look for so long."""
    page.goto(f"{address}/docs", wait_until="domcontentloaded")
    page.evaluate(way)
    time.sleep(_SETTLES_S)
    page.evaluate("() => { window.seen = []; }")
    time.sleep(seconds)
    seen = [Seen(*one) for one in page.evaluate("() => window.seen")]
    page.goto("about:blank")
    return seen


def row(name: str, seen: Sequence[Seen], seconds: float) -> str:
    """A line of the table."""
    if not seen:
        return f"| {name} | 0 | | | |"
    ages = np.array([one.age_ms for one in seen])
    p50, p95 = np.percentile(ages, (50, 95))
    return f"| {name} | {len(seen) / seconds:.1f} | {p50:.0f} | {p95:.0f} | {ages.max():.0f} |"


def _measured(fps: float, seconds: float, minutes: float, **programs: str) -> None:
    slow = bool(programs)
    with running_system(1, programs=programs) as system, filming(system.redis_url, fps, "hall"), sync_playwright() as p:
        path = next((path for path in _CHROMIUM if os.path.exists(path)), None)
        browser = p.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        for name, way in _WAYS.items():
            seen = measure(page, system.address, way, 60 * minutes or seconds)
            if slow:
                plain = [one for one in seen if one.kind in ("plain", "shown")]
                print(row(f"{name}, plain, worker at 1 frame a second", plain, seconds), flush=True)
                continue
            print(row(name, seen, 60 * minutes or seconds), flush=True)
            if minutes:
                begun, ended = seen[0].at_ms, seen[-1].at_ms
                print(
                    row(f"{name}, first minute", [s for s in seen if s.at_ms <= begun + 60_000], min(60, 60 * minutes))
                )
                last = [s for s in seen if s.at_ms >= ended - 60_000]
                print(row(f"{name}, last minute", last, min(60, 60 * minutes)), flush=True)
        browser.close()


def main() -> None:
    """Measure and print one table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--fps", type=float, default=15.0)
    arguments = parser.parse_args()
    node = os.path.join(os.path.dirname(sys.executable), "node")
    if os.path.exists(node):
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", node)
    print("| way | pictures a second | p50 in ms | p95 in ms | longest |")
    print("| --- | ---: | ---: | ---: | ---: |", flush=True)
    _measured(arguments.fps, arguments.seconds, arguments.minutes)
    slow = f"from {__name__.replace('__main__', 'benchmarks.glass_to_glass')} import run_slow_worker; run_slow_worker()"
    _measured(arguments.fps, arguments.seconds, 0, workers=slow)


if __name__ == "__main__":
    main()
