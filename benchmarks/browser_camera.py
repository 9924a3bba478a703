"""This device's camera: answers a second, over the WebSocket, through nginx, and posted as photos.

``PYTHONPATH=tests python -m benchmarks.browser_camera --seconds 20``: a whole system and a Chromium on this machine,
whose camera shows a film with one face at 20 pictures a second.
"""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.system import running_system
from support import fake_camera
from support.browser import launch, playwright_on_our_node
from support.nginx import proxy

START = """async () => {
  const { Sender } = await import("/page/device/sender.js");
  const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  document.body.append(video);
  window.answers = [];
  window.dropped = [];
  window.sender = new Sender({
    video,
    onTrouble: () => {},
    onResult: (result, ms, why) => {
      if (!result) return dropped.push(why);
      const tracks = result.faces.map((face) => face.track);
      answers.push({ ms, at: performance.now(), width: result.width, tracks });
    },
  });
  await sender.start();
}"""
WARM_S = 3


def main() -> int:
    """Measure and print a table. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser_camera", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="of each row (20)")
    seconds = parser.parse_args().seconds
    print("| way | answers a second | round trip p50, ms | p95, ms | width sent | without a face | people | dropped |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder, running_system() as system, playwright_on_our_node() as playwright:
        film = fake_camera.write_face(Path(folder) / "face.y4m")
        port = urlsplit(system.address).port or 80
        for name in ("WebSocket", "WebSocket through nginx", "posted"):
            with ExitStack() as stack:
                url = system.address
                if name != "WebSocket":
                    url = stack.enter_context(proxy(port, Path(folder), documented=name != "posted"))
                browser = launch(playwright, *fake_camera.options(film))
                if browser is None:
                    print("There is no Chromium.", file=sys.stderr)
                    return 1
                stack.callback(browser.close)
                page = browser.new_page()
                page.goto(f"{url}/docs")
                page.evaluate(START)
                page.wait_for_timeout(1000 * (WARM_S + seconds))
                _print_row(name, page.evaluate("({ answers, dropped, now: performance.now() })"), seconds)
    return 0


def _print_row(name: str, seen: dict[str, Any], seconds: float) -> None:
    answers = [one for one in seen["answers"] if one["at"] >= seen["now"] - 1000 * seconds]
    trips = sorted(one["ms"] for one in answers)
    people = {track for one in answers for track in one["tracks"] if track is not None}
    widths = sorted({one["width"] for one in answers})
    cells = (
        name,
        f"{len(answers) / seconds:.1f}",
        f"{statistics.median(trips):.0f}",
        f"{trips[int(0.95 * len(trips))]:.0f}",
        " ".join(map(str, widths)),
        str(sum(not one["tracks"] for one in answers)),
        str(len(people)) if people else "not followed",
        str(len(seen["dropped"])),
    )
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
