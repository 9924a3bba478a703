"""Names of browsers' cameras: one sender each, at all gateways together, and free again within seconds."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from redis import Redis

from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.frames import FrameStore
from contracts.storage.senders import HELD_S
from support import pictures
from support.processes import StartGateway
from support.sending import all_dropped, connect, name, path
from support.websocket import Client, Refused

WaitFor = Callable[..., Any]


@pytest.fixture(autouse=True)
def _dropped() -> Iterator[None]:
    with all_dropped():
        yield


def test_a_second_sender_is_refused_until_the_first_has_gone(start_gateway: StartGateway, wait_for: WaitFor) -> None:
    _, port = start_gateway()
    _, other = start_gateway()
    camera = name()
    first = connect(port, camera)
    for gateway in (port, other):
        with pytest.raises(Refused) as refused:
            connect(gateway, camera)
        assert refused.value.status == 409
        assert '"code": "camera_taken"' in refused.value.answer
    plain = requests.get(f"http://127.0.0.1:{other}{path(camera)}", timeout=10)
    assert plain.json()["code"] == "camera_taken", "a page that gets no WebSocket asks plainly why"
    first.close()
    second = wait_for(lambda: free(other, camera), "the name to be free", 2)
    second.drop()


def free(port: int, camera: str) -> Client | None:
    try:
        return connect(port, camera)
    except Refused:
        return None


@pytest.mark.parametrize("ending", ["client", "gateway"])
def test_a_name_is_free_within_seconds_of_a_sender_that_is_lost(
    start_gateway: StartGateway, wait_for: WaitFor, ending: str
) -> None:
    process, port = start_gateway()
    _, other = start_gateway()
    camera = name()
    lost = connect(port, camera)
    begun = time.monotonic()
    if ending == "gateway":
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
    wait_for(lambda: free(other, camera), "the name to be free", 15).drop()
    assert time.monotonic() - begun < HELD_S + 2
    lost.drop()


def test_a_name_that_is_not_for_browsers_is_refused(start_gateway: StartGateway) -> None:
    _, port = start_gateway(camera="hall")
    for camera in ("hall", "anything", "device-1", f"device-{'A' * 32}"):
        with pytest.raises(Refused) as refused:
            connect(port, camera)
        assert refused.value.status == 404
    assert requests.get(f"http://127.0.0.1:{port}{path(name())}", timeout=10).status_code == 426


def test_too_many_senders_are_told_to_come_again(start_gateway: StartGateway) -> None:
    _, port = start_gateway(max_senders=2, client_share=1)
    clients = [connect(port, name()) for _ in range(2)]
    with pytest.raises(Refused) as refused:
        connect(port, name())
    assert refused.value.status == 503
    assert "MIEN_MAX_SENDERS" in refused.value.answer
    for client in clients:
        client.drop()


def test_hundreds_of_senders_come_and_go_and_leave_no_name_behind(
    start_gateway: StartGateway, redis: Redis, wait_for: WaitFor
) -> None:
    _, port = start_gateway(client_share=1)
    for number in range(300):
        client = connect(port, name())
        if number % 2:
            client.drop()
        else:
            client.close()
    wait_for(lambda: redis.keys(keys.sender("*")) == [], "no name to be held", 15)
    connect(port, name()).close()


def test_what_the_registry_says_of_a_camera_holds_at_once_for_who_sends_already(
    start_gateway: StartGateway, redis: Redis, settings: Settings, wait_for: WaitFor, tmp_path: Path
) -> None:
    registry = tmp_path / "cameras.toml"
    camera = '[[camera]]\nname = "{}"\nsource = "browser"\nblur = {}\n'
    registry.write_text(camera.format("desk", "false"))
    _, port = start_gateway(cameras=registry)
    client = connect(port, "desk")
    registry.write_text(camera.format("desk", "true"))
    assert client.receive(10) is None
    assert client.closed == (1012, "The camera's settings have changed; connect again.")
    client = wait_for(lambda: free(port, "desk"), "the name to be free", 10)
    client.send(pictures.astronaut_jpeg(64))
    frame = wait_for(lambda: FrameStore(redis, settings).newest("desk"), "its frame")
    assert frame.options.blur
    registry.write_text(camera.format("door", "false"))
    while client.receive(10) is not None:
        pass
    assert client.closed == (4404, "This camera may not be sent by browsers any more.")
