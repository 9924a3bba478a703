"""A photo posted to a real gateway, analysed by a real worker: every form of body, one answer."""

import base64
import io
import socket
from collections.abc import Callable
from typing import Any

import pytest
import requests
from PIL import Image
from skimage.data import astronaut

FACE = (174, 67, 100, 140)
"""The astronaut's face as a person would box it: left, top, width, height."""


def photo() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def overlap(box: dict[str, int]) -> float:
    width = min(box["x"] + box["width"], FACE[0] + FACE[2]) - max(box["x"], FACE[0])
    height = min(box["y"] + box["height"], FACE[1] + FACE[3]) - max(box["y"], FACE[1])
    common = max(0, width) * max(0, height)
    return common / (box["width"] * box["height"] + FACE[2] * FACE[3] - common)


@pytest.fixture
def address(start_process: Callable[..., Any], start_workers: Callable[..., Any], wait_for: Callable[..., Any]) -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start_process("api", port=port)
    start_workers()
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        try:
            return requests.get(f"{url}/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    wait_for(ready, "the gateway to be ready")
    return url


def test_every_form_of_body_gives_the_same_face(address: str) -> None:
    data = photo()
    text = base64.b64encode(data).decode()
    bodies: list[dict[str, Any]] = [
        {"json": {"image": text}},
        {"json": {"image": f"data:image/jpeg;base64,{text}"}},
        {"json": {"image": list(data)}},
        {"data": data, "headers": {"Content-Type": "image/jpeg"}},
        {"files": {"image": ("me.jpg", data, "image/jpeg")}},
    ]
    answers = [requests.post(f"{address}/detect_emotion", timeout=30, **body) for body in bodies]
    assert [answer.status_code for answer in answers] == [200] * 5
    first = answers[0].json()
    assert [answer.json() for answer in answers] == [first] * 5, "the same to the last digit"
    assert len(first["faces"]) == 1
    assert overlap(first["faces"][0]["box"]) >= 0.5
    assert first["emotion"] == first["faces"][0]["emotion"]
    assert first["confidence"] == round(first["confidence"], 2)


def test_damage_that_only_decoding_shows_is_named(address: str) -> None:
    data = photo()
    answer = requests.post(
        f"{address}/detect_emotion", data=data[:20_000], headers={"Content-Type": "image/jpeg"}, timeout=30
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "corrupt_image"
    assert "cut off" in answer.json()["error"]
