"""A gateway behind nginx with its defaults: pictures come at once, WebSockets open, and lost viewers are noticed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from redis import Redis

from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from support.clocks import WaitFor
from support.live import draw, publish_picture, read_each_picture, unpack, watch
from support.nginx import proxy
from support.processes import StartGateway
from support.websocket import connected


@pytest.fixture
def store(redis: Redis, settings: Settings) -> FrameStore:
    return FrameStore(redis, settings)


@pytest.fixture
def gateway_port(start_gateway: StartGateway) -> int:
    _, port = start_gateway(trusted_proxies="127.0.0.1")
    return port


@pytest.fixture
def port(gateway_port: int, tmp_path: Path) -> Iterator[int]:
    with proxy(gateway_port, tmp_path) as address:
        yield int(address.rpartition(":")[2])


def test_pictures_come_at_once_websockets_open_and_viewers_who_leave_are_noticed(
    store: FrameStore, port: int, gateway_port: int, wait_for: WaitFor
) -> None:
    read_each_picture(store, f"http://127.0.0.1:{port}")
    _opens_a_websocket(store, port)

    def viewers() -> bool:
        return "mien_viewers{" in requests.get(f"http://127.0.0.1:{gateway_port}/metrics", timeout=10).text

    with connected(port, "/v1/live") as client:
        watch(client, hall={})
        with requests.get(f"http://127.0.0.1:{port}/video_feed?camera=hall", stream=True, timeout=20):
            wait_for(viewers, "them to be there")
    wait_for(lambda: not viewers(), "them to be gone")


def _opens_a_websocket(store: FrameStore, port: int) -> None:
    with connected(port, "/v1/live", {"Origin": f"http://127.0.0.1:{port}"}) as client:
        watch(client, hall={})
        for sequence in range(5, 9):
            publish_picture(store, sequence)
            header, jpeg = unpack(client.receive())
            while header["sequence"] != sequence or not jpeg:
                if jpeg:
                    draw(client, header)
                header, jpeg = unpack(client.receive())
            draw(client, header)
