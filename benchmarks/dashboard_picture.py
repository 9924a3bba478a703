"""Draw the panels of Grafana's overview from a real Prometheus: ``make dashboards-picture``.

The picture, docs/dashboard-overview.png, is not Grafana's own: the same expressions, drawn with matplotlib, of a system
that is under load for ten minutes, with a worker that stands still in the middle.
"""

import argparse
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import requests
from PIL import Image

from benchmarks.drawn_panels import draw
from benchmarks.system import ROOT, running_system
from deploy.panels import OVERVIEW
from deploy.ports import free_port
from support.pictures import astronaut
from support.prometheus import server

TARGET = ROOT / "docs/dashboard-overview.png"


def main() -> None:
    """Run a system under load, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="of load; rates are over five minutes")
    parser.add_argument("--into", type=Path, default=TARGET, help="where the picture goes")
    arguments = parser.parse_args()
    port = free_port()
    with running_system(workers=1, metrics_port=port, camera="hall") as system, tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"MIEN_REDIS_URL": system.redis_url, "MIEN_CAMERA": "hall", "MIEN_CAMERA_FPS": "5"}
        capture = subprocess.Popen(
            [sys.executable, "-m", "capture"], cwd=ROOT, env=environment | {"MIEN_CAMERA_SOURCE": "demo"}
        )
        try:
            with server(Path(folder), [f"127.0.0.1:{port}"]) as prometheus:
                begin = time.time()
                still = _load(system.address, system.workers[0].pid, arguments.seconds)
                end = time.time()
                figure = draw(OVERVIEW, lambda asked: prometheus.range(asked, begin, end), begin, end, still)
                figure.savefig(arguments.into, dpi=90)
        finally:
            capture.terminate()
            capture.wait(timeout=20)
    print(f"{arguments.into} is written")


def _load(address: str, worker: int, seconds: int) -> tuple[float, float]:
    """Send photos, some of which nobody waits for; in the middle the worker stands still for a while.

    Returns:
        From when to when it stood still, in seconds since 1970.
    """
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
    stopped = time.time()
    os.kill(worker, signal.SIGSTOP)
    time.sleep(0.12 * seconds)
    os.kill(worker, signal.SIGCONT)
    went_on = time.time()
    thread.join()
    return stopped, went_on


if __name__ == "__main__":
    main()
