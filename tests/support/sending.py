"""Browsers that send their camera, as the tests play them."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from support.websocket import Client

_CLIENTS = list[Client]()


@contextmanager
def all_dropped() -> Iterator[None]:
    """No connection outlives the block."""
    try:
        yield
    finally:
        while _CLIENTS:
            _CLIENTS.pop().drop()


def name() -> str:
    """Of a camera as browsers make it."""
    return f"device-{secrets.token_hex(16)}"


def path(camera: str) -> str:
    return f"/v1/cameras/{camera}/ingest"


def told(client: Client, timeout_s: float = 30) -> Any:
    """What the next message says."""
    message = client.receive(timeout_s)
    assert isinstance(message, str), client.closed
    return json.loads(message)


def connect(port: int, camera: str, **headers: str) -> Client:
    """A sender that has been told to begin."""
    client = Client(port, path(camera), headers)
    _CLIENTS.append(client)
    assert told(client)["ready"]["in_flight"] == 2
    return client
