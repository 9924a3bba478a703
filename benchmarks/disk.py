"""What lies on disk while the whole system runs with the demo camera and is sent photos.

    python -m benchmarks.disk [--minutes 60]

Starts what ``make up`` starts, with data of its own. Twice a minute it has a PNG analysed, and looks through all files
for JPEGs, which only the camera could have brought there. At the end it waits until the photos have left them, too.
Fails on a JPEG, or on a photo that is still there after three minutes.
"""

import argparse
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from PIL import Image

from benchmarks.system import ROOT
from contracts.local import socket_folder
from deploy.ports import free_port

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n"
_EVERY_S = 30.0
_LEFT_S = 180.0


def main() -> int:
    """Run it. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0, help="default: %(default)s")
    minutes = parser.parse_args().minutes
    photo = _photo()
    with tempfile.TemporaryDirectory() as folder, _system(Path(folder)) as address:
        end, seen = time.monotonic() + 60 * minutes, 0
        while time.monotonic() < end:
            headers = {"Content-Type": "image/png"}
            requests.post(f"{address}/detect_emotion", data=photo, headers=headers, timeout=60).raise_for_status()
            if found := _files_with(JPEG, Path(folder)):
                print(f"A frame of the camera lies in {', '.join(found)}.")
                return 1
            seen += bool(_files_with(PNG, Path(folder)))
            time.sleep(_EVERY_S)
        frames = requests.get(f"{address}/v1/cameras", timeout=20).json()
        print(f"{minutes:g} minutes, photos were in the file at {seen} looks, no frame ever; cameras: {frames}")
        limit = time.monotonic() + _LEFT_S
        while _files_with(PNG, Path(folder)):
            if time.monotonic() > limit:
                print(f"A photo is in the file {_LEFT_S:g} s after the last one was analysed.")
                return 1
            time.sleep(1)
        print(f"No photo is left in any file {_LEFT_S - (limit - time.monotonic()):.0f} s after the last look.")
    return 0


@contextmanager
def _system(folder: Path) -> Iterator[str]:
    """The gateway's address of a system of its own, which has a demo camera."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MIEN_")}
    environment |= {"MIEN_PORT": str(port), "MIEN_FLOWER_PORT": str(free_port()), "MIEN_CAMERA_SOURCE": "demo"}
    command = [sys.executable, "-m", "deploy.local", "--data", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            while not _ready(address):
                if process.poll() is not None:
                    raise RuntimeError("The system did not start.")
                time.sleep(0.5)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)


def _ready(address: str) -> bool:
    try:
        return requests.get(f"{address}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def _photo() -> bytes:
    buffer = io.BytesIO()
    with Image.open(ROOT / "capture/sources/astronaut.jpg") as image:
        image.save(buffer, "PNG")
    return buffer.getvalue()


def _files_with(text: bytes, folder: Path) -> list[str]:
    files = [file for place in (folder, socket_folder(folder)) for file in place.rglob("*")]
    return sorted({str(file) for file in files if file.is_file() and text in _content(file)})


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:  # the server has put another one in its place
        return b""


if __name__ == "__main__":
    sys.exit(main())
