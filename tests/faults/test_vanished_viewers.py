"""A viewer whose network is gone without a word: its place is free within five seconds."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
import requests
from redis import Redis

from contracts.frames import Frame, FrameStamp
from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from support.clocks import WaitFor
from support.faults import Measured
from support.namespace import Namespace, namespace
from support.processes import StartGateway

FREE_S = 5.0
SPARE_S = 5.0
"""On a machine that has little time."""
VIEWER = """
import socket, sys
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
connection.sendall(f"GET /video_feed?camera=hall HTTP/1.1\\r\\nHost: {sys.argv[1]}\\r\\n\\r\\n".encode())
while connection.recv(65536):
    pass
"""


@pytest.fixture
def network() -> Iterator[Namespace]:
    """Made before all processes, and so removed after them."""
    with namespace() as made:
        yield made


@pytest.mark.slow_fault
@pytest.mark.fault("The place of a viewer who vanishes is free within five seconds", "its network gone without a word")
def test_the_place_of_a_viewer_who_vanishes_is_free_within_five_seconds(
    network: Namespace,
    redis: Redis,
    settings: Settings,
    start_gateway: StartGateway,
    measured: Measured,
    wait_for: WaitFor,
) -> None:
    _, port = start_gateway(host="0.0.0.0", allow_anonymous="true")
    store, over = FrameStore(redis, settings), threading.Event()

    def film() -> None:
        sequence = 1
        while not over.wait(1 / 15):
            store.publish(Frame("hall", FrameStamp(1, sequence), time.time(), b"j" * 40_000))
            sequence += 1

    def viewers() -> bool:
        return "mien_viewers{" in requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text

    filming = threading.Thread(target=film)
    filming.start()
    wait_for(lambda: store.newest("hall"), "the camera to be there")
    viewer = subprocess.Popen(
        ["ip", "netns", "exec", network.name, sys.executable, "-c", VIEWER, network.outside, str(port)]
    )
    try:
        wait_for(viewers, "the viewer to be there")
        network.lose(requests=True, answers=True)
        began = time.monotonic()
        wait_for(lambda: not viewers(), "its place to be free", FREE_S + SPARE_S)
        measured({"viewers": 1}, time.monotonic() - began)
    finally:
        over.set()
        filming.join()
        viewer.kill()
        viewer.wait()
