"""Of 500 frames with a known face none reaches a viewer as it is: a real worker, a real gateway, three ways to look."""

import io
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import pytest
import requests
from PIL import Image
from redis import Redis

from capture.sources.demo import DemoCamera
from contracts.frames import CameraOptions, Frame, FrameStamp
from contracts.settings import Settings
from contracts.storage.dispatch import Dispatcher
from contracts.storage.frames import FrameStore
from support.clocks import WaitFor
from support.faults import Measured
from support.live import draw, unpack, watch
from support.pictures import ASTRONAUT_FACE
from support.processes import StartGateway, StartWorkers
from support.websocket import Client

HEAD_LEFT = 60
"""Where the demo's cut of the portrait begins."""
GREEN = (40, 250, 40)
PAUSE_S = 0.012


class MarkedCamera(DemoCamera):
    """The demo camera; its face has a green spot on the nose, from some frame on."""

    def __init__(self) -> None:
        super().__init__()
        left, top, width, height = ASTRONAUT_FACE
        self._middle = left + width // 2 - HEAD_LEFT, top + height // 2 + 8

    def mark(self) -> None:
        x, y = self._middle
        self._photo = self._photo.copy()
        self._photo[y - 5 : y + 5, x - 5 : x + 5] = GREEN


def is_green(jpeg: bytes) -> bool:
    """Whether the spot can be seen."""
    with Image.open(io.BytesIO(jpeg)) as picture:
        pixels = np.asarray(picture.convert("RGB"), np.int16)
    return bool((pixels[..., 1] - np.maximum(pixels[..., 0], pixels[..., 2]) > 90).any())


class Watching:
    """Looks in three ways at once, and keeps every picture once."""

    def __init__(self, port: int) -> None:
        self.pictures, self.kinds = set[bytes](), set[str]()
        self._url, self._port, self._over = f"http://127.0.0.1:{port}", port, threading.Event()

    @contextmanager
    def all_ways(self) -> Iterator[None]:
        ways = [threading.Thread(target=way) for way in (self._stream, self._socket, self._snapshots)]
        for way in ways:
            way.start()
        try:
            yield
        finally:
            self._over.set()
            for way in ways:
                way.join()

    def _stream(self) -> None:
        with requests.get(f"{self._url}/video_feed?camera=hall", stream=True, timeout=30) as answer:
            rest = b""
            for data in answer.iter_content(None):
                *whole, rest = (rest + data).split(b"\r\n--frame\r\n")
                self.pictures.update(part.partition(b"\r\n\r\n")[2] for part in whole)
                if self._over.is_set():
                    return

    def _socket(self) -> None:
        client = Client(self._port, "/v1/live")
        watch(client, hall={"width": 320, "boxes": False})
        while not self._over.is_set():
            header, jpeg = unpack(client.receive())
            if jpeg:
                self.pictures.add(jpeg)
                self.kinds.add(header["picture"])
                draw(client, header)
        client.drop()

    def _snapshots(self) -> None:
        while not self._over.wait(0.3):
            answer = requests.get(f"{self._url}/v1/cameras/hall/snapshot?boxes=false", timeout=30)
            if answer.ok:
                self.pictures.add(answer.content)


@pytest.mark.slow_fault
@pytest.mark.fault(
    "No face that is to be blurred is seen",
    "switched on while it runs, before any worker is there; a worker that stands still",
)
def test_of_500_frames_with_a_known_face_none_is_seen(
    redis: Redis,
    settings: Settings,
    start_gateway: StartGateway,
    start_workers: StartWorkers,
    measured: Measured,
    wait_for: WaitFor,
) -> None:
    store, dispatcher, camera = FrameStore(redis, settings), Dispatcher(settings), MarkedCamera()
    _, port = start_gateway()
    watching, numbers = Watching(port), iter(range(1, 10_000))

    def film(count: int, *, blur: bool) -> None:
        for _ in range(count):
            number, taken = next(numbers), camera.read()
            jpeg = cv2.imencode(".jpg", taken.image)[1].tobytes()
            assert is_green(jpeg) is blur
            frame = Frame("hall", FrameStamp(1, number), taken.taken_at, jpeg, options=CameraOptions(blur=blur))
            assert store.publish(frame)
            if store.reserve_request("hall", f"t{number}"):
                dispatcher.frame("hall", f"t{number}")
            time.sleep(PAUSE_S)  # the pace of the camera; nothing is waited for

    def follow() -> None:
        """Until blurred pictures come."""
        before = len(watching.pictures)
        wait_for(lambda: film(5, blur=True) or len(watching.pictures) > before + 10, "blurred pictures")

    film(1, blur=False)
    with watching.all_ways():
        wait_for(lambda: film(5, blur=False) or "plain" in watching.kinds, "the plain video")
        camera.mark()
        film(100, blur=True)  # switched on while it runs, before any worker is there
        (worker,) = start_workers()
        follow()
        film(150, blur=True)
        worker.send_signal(signal.SIGSTOP)
        film(150, blur=True)  # in a stall
        worker.send_signal(signal.SIGCONT)
        began = time.monotonic()
        follow()
        recovered_s = time.monotonic() - began
        film(100, blur=True)
    dispatcher.close()
    assert [picture for picture in watching.pictures if is_green(picture)] == []
    assert {"analyzed", "placeholder", "plain"} <= watching.kinds
    frames = next(numbers) - 1
    assert frames > 500
    measured({"frames": frames, "pictures": len(watching.pictures)}, recovered_s)
