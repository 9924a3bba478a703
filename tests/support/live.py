"""What comes over a viewers' WebSocket, taken apart."""

import json
from typing import Any

from support.websocket import Client


def unpack(message: bytes | str | None) -> tuple[dict[str, Any], bytes]:
    """Header and JPEG of a message."""
    assert isinstance(message, bytes)
    end = 4 + int.from_bytes(message[:4], "big")
    return json.loads(message[4:end]), message[end:]


def watch(client: Client, **cameras: dict[str, Any]) -> None:
    """Look at these cameras, and no others."""
    client.send(json.dumps({"watch": cameras}))


def draw(client: Client, header: dict[str, Any]) -> None:
    """Say that a message has been drawn."""
    client.send(json.dumps({"shown": {"camera": header["camera"], "serial": header["serial"]}}))
