"""A photo posted to a real gateway, analysed by a real worker: every form of body, one answer."""

import base64
import io
from collections.abc import Callable
from typing import Any

import pytest
import requests
from PIL import Image

from benchmarks.heic import PHONE, heic
from support.gateway import zipped
from support.pictures import astronaut


def photo() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@pytest.fixture
def address(start_gateway: Callable[..., Any], start_workers: Callable[..., Any]) -> str:
    _, port = start_gateway()
    start_workers()
    return f"http://127.0.0.1:{port}"


def test_every_form_of_body_gives_the_same_face(address: str, on_the_face: Callable[..., float]) -> None:
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
    first, *others = [answer.json() for answer in answers]
    assert others == [first] * 4, "the same to the last digit"
    assert len(first["faces"]) == 1
    assert on_the_face(**first["faces"][0]["box"]) >= 0.5
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


def test_no_photo_ends_a_worker(address: str) -> None:
    """An animated PNG without pixels ends the process that lets OpenCV 4.14 decode it."""
    deadly = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAKAAAAB4CAIAAAD6wG44AAAACGFjVEwAAAADAAAAAM7tusAAAAAASURBVDWvBh4AAAAaZmNUTAAAAAEAAACg"
        "AAAAeAAAAAAAAAAAAAEAFAAAzO23oQAAAABmZEFU9bP/lgAAAABJRU5ErkJggg=="
    )
    posted = {"url": f"{address}/detect_emotion", "headers": {"Content-Type": "image/png"}, "timeout": 30}
    for _ in range(3):
        answer = requests.post(data=deadly, **posted)
        assert (answer.status_code, answer.json()["code"]) == (422, "corrupt_image")
    assert requests.post(data=photo(), **posted).json()["faces"]


def test_photos_of_phones_show_the_same_face_in_every_format(address: str) -> None:
    """12 megapixels, to be turned: a JPEG by its EXIF data, AVIF and HEIC by their properties, which say the same."""
    exif = Image.Exif()
    exif[0x0112] = 3
    large = Image.new("RGB", (4032, 3024), (120, 130, 125))
    large.paste(Image.fromarray(astronaut()).resize((3024, 3024)), (504, 0))
    files = {}
    for kind, options in (("jpeg", {}), ("avif", {"speed": 10})):
        buffer = io.BytesIO()
        large.rotate(180).save(buffer, kind, exif=exif, quality=80, **options)
        files[f"photo.{kind}"] = buffer.getvalue()
    files["photo.heic"] = heic(picture=PHONE)
    answers = [
        requests.post(f"{address}/detect_emotion", data=data, headers={"Content-Type": kind}, timeout=60).json()
        for kind, data in zip(("image/jpeg", "image/avif", "application/octet-stream"), files.values(), strict=True)
    ]
    created = requests.post(
        f"{address}/v1/jobs", data=zipped(files), headers={"Content-Type": "application/zip"}, timeout=60
    )
    job = requests.get(f"{address}{created.headers['Location']}?wait=30", timeout=60).json()
    answers += [item["result"] for item in job["items"]]
    assert [(each["width"], each["height"]) for each in answers] == [(4032, 3024)] * 6
    boxes = [face["box"] for each in answers for face in each["faces"]]
    assert len(boxes) == 6
    for side in ("x", "y", "width", "height"):
        assert max(box[side] for box in boxes) - min(box[side] for box in boxes) < 100
