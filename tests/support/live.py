"""Pictures of a camera as viewers get them: over a WebSocket, taken apart, and as a stream, through proxies."""

import json
import re
import time
from typing import Any

import requests

from contracts.frames import Frame, FrameStamp
from contracts.storage.frames import FrameStore
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


def publish_picture(store: FrameStore, sequence: int) -> None:
    """What stands for a picture of the camera `hall`: text, longer than what a proxy might keep back."""
    assert store.publish(Frame("hall", FrameStamp(1, sequence), time.time(), b"picture %d" % sequence * 1_000))


def read_each_picture(store: FrameStore, address: str, **options: Any) -> None:
    """Read the stream of `hall` behind a proxy, whose pictures are published one by one, each when the last was seen.

    Args:
        store: of the frames.
        address: of the proxy, without a path.
        options: for `requests`, as how its certificate is verified.
    """
    publish_picture(store, 1)
    with requests.get(f"{address}/video_feed?camera=hall", stream=True, timeout=20, **options) as stream:
        assert stream.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
        seen, sequence = b"", 1
        for part in stream.iter_content(None):
            seen += part
            if re.search(rb"picture %d" % sequence, seen):
                sequence += 1
                if sequence == 5:
                    break
                publish_picture(store, sequence)
