"""Draw the panels of Grafana's overview from a real Prometheus: ``make dashboards-picture``.

The picture, docs/dashboard-overview.png, is not Grafana's own: the same expressions, drawn with matplotlib, of a system
that is under load for two minutes, with a worker that stands still in the middle.
"""

import argparse
import io
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import matplotlib as mpl
import requests
from PIL import Image

from benchmarks.system import ROOT, running_system
from deploy.panels import OVERVIEW, Dashboard, Panel
from deploy.ports import free_port
from support.pictures import astronaut
from support.prometheus import Server, server

mpl.use("Agg")
import matplotlib.pyplot as plt

TARGET = ROOT / "docs/dashboard-overview.png"


def main() -> None:
    """Run a system under load, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=120, help="of load")
    seconds = parser.parse_args().seconds
    port = free_port()
    with running_system(workers=1, metrics_port=port, camera="hall") as system, tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"MIEN_REDIS_URL": system.redis_url, "MIEN_CAMERA": "hall", "MIEN_CAMERA_FPS": "5"}
        capture = subprocess.Popen(
            [sys.executable, "-m", "capture"], cwd=ROOT, env=environment | {"MIEN_CAMERA_SOURCE": "demo"}
        )
        try:
            with server(Path(folder), [f"127.0.0.1:{port}"]) as prometheus:
                begun = time.time()
                _load(system.address, system.workers[0].pid, seconds)
                _draw(OVERVIEW, prometheus, begun, time.time())
        finally:
            capture.terminate()
            capture.wait(timeout=20)
    print(f"{TARGET.relative_to(ROOT)} is written")


def _load(address: str, worker: int, seconds: int) -> None:
    """Send photos, some of which nobody waits for; in the middle the worker stands still for a while."""
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).save(buffer, "JPEG")
    ends_at = time.monotonic() + seconds

    def send() -> None:
        while time.monotonic() < ends_at:
            for path in ("/detect_emotion", "/v1/jobs", "/v1/jobs"):
                requests.post(address + path, buffer.getvalue(), headers={"Content-Type": "image/jpeg"}, timeout=60)
                time.sleep(0.3)

    thread = threading.Thread(target=send)
    thread.start()
    time.sleep(0.5 * seconds)
    os.kill(worker, signal.SIGSTOP)
    time.sleep(0.12 * seconds)
    os.kill(worker, signal.SIGCONT)
    thread.join()


def _draw(dashboard: Dashboard, prometheus: Server, begin: float, end: float) -> None:
    rows = math.ceil(len(dashboard.panels) / 2)
    figure, places = plt.subplots(rows, 2, figsize=(13, 2.6 * rows), squeeze=False)
    figure.suptitle(f"{dashboard.title} (drawn with matplotlib, not by Grafana)", fontsize=11)
    for place, panel in zip(places.flat, dashboard.panels, strict=False):
        _draw_panel(place, panel, prometheus, begin, end)
    for place in places.flat[len(dashboard.panels) :]:
        place.set_visible(False)
    figure.tight_layout()
    figure.savefig(TARGET, dpi=75)


def _draw_panel(place: "plt.Axes", panel: Panel, prometheus: Server, begin: float, end: float) -> None:
    for expression, legend in panel.lines:
        for series in prometheus.range(expression, begin, end):
            name = legend
            for label, value in series["metric"].items():
                name = name.replace("{{" + label + "}}", value)
            times, values = zip(*series["values"], strict=True)
            place.plot([at - begin for at in times], list(map(float, values)), label=name, linewidth=1)
    place.set_title(panel.title, fontsize=9, loc="left")
    place.set_xlabel(f"s; {panel.unit}", fontsize=7)
    place.tick_params(labelsize=7)
    place.set_ylim(bottom=0)
    place.grid(alpha=0.3)
    if place.lines:
        place.legend(fontsize=6, ncols=2, loc="upper left")


if __name__ == "__main__":
    main()
