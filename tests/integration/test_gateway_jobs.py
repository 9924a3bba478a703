"""Jobs through a real gateway and real workers."""

import base64
import io
import socket
import zipfile
from collections.abc import Callable
from typing import Any

import psutil
import pytest
import requests
from PIL import Image
from redis import Redis

from contracts.jobs import JobState
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.jobs import JobStore
from support import pictures


@pytest.fixture(scope="session")
def astronaut() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pictures.astronaut()).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def test_five_forms_of_one_photo_are_five_identical_answers(
    start_gateway: Callable[..., Any],
    start_workers: Callable[..., Any],
    astronaut: bytes,
    on_the_face: Callable[..., float],
) -> None:
    _, port = start_gateway()
    start_workers()
    url = f"http://127.0.0.1:{port}/detect_emotion"
    text = base64.b64encode(astronaut).decode()
    answers = [
        requests.post(url, json={"image": text}, timeout=60),
        requests.post(url, json={"image": f"data:image/jpeg;base64,{text}"}, timeout=60),
        requests.post(url, json={"image": list(astronaut)}, timeout=60),
        requests.post(url, data=astronaut, headers={"Content-Type": "image/jpeg"}, timeout=60),
        requests.post(url, files={"image": astronaut}, timeout=60),
    ]
    assert [answer.status_code for answer in answers] == [200] * 5
    bodies = [answer.json() for answer in answers]
    assert len({answer.headers["Mien-Job"] for answer in answers}) == 5
    assert all(body == bodies[0] for body in bodies)
    (face,) = bodies[0]["faces"]
    assert on_the_face(**face["box"]) >= 0.5
    assert bodies[0]["emotion"] == face["emotion"]
    assert bodies[0]["confidence"] == face["confidence"] == round(face["confidence"], 2)


def test_a_hundred_images_with_three_corrupt_ones(
    start_gateway: Callable[..., Any], start_workers: Callable[..., Any], astronaut: bytes
) -> None:
    gateway, port = start_gateway()
    start_workers(2)
    (process,) = psutil.Process(gateway.pid).children()
    requests.post(f"http://127.0.0.1:{port}/detect_emotion", files={"image": astronaut}, timeout=60).raise_for_status()
    before = process.memory_info().rss
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for index in range(100):
            archive.writestr(f"{index:03}.jpg", astronaut[:9_000] if index in (0, 41, 99) else astronaut)
    response = requests.post(
        f"http://127.0.0.1:{port}/v1/jobs?annotate=true",
        data=buffer.getvalue(),
        headers={"Content-Type": "application/zip"},
        timeout=60,
    )
    assert response.status_code == 202, response.text
    assert process.memory_info().rss - before < 60e6
    address = f"http://127.0.0.1:{port}{response.headers['Location']}"
    job = requests.get(f"{address}?wait=60", timeout=90).json()
    assert job["state"] == "succeeded"
    assert [item["index"] for item in job["items"]] == list(range(100))
    codes = {item["index"]: item["error"]["code"] for item in job["items"] if item["error"]}
    assert codes == dict.fromkeys((0, 41, 99), "corrupt_image")
    assert sum(len(item["result"]["faces"]) for item in job["items"] if item["result"]) == 97
    drawn = requests.get(f"http://127.0.0.1:{port}{job['items'][1]['annotated']}", timeout=30)
    assert Image.open(io.BytesIO(drawn.content)).format == "JPEG"
    assert job["items"][0]["annotated"] is None


def test_a_client_that_leaves_takes_its_job_with_it(
    start_gateway: Callable[..., Any], redis: Redis, settings: Settings, astronaut: bytes, wait_for: Callable[..., Any]
) -> None:
    _, port = start_gateway()
    client = socket.create_connection(("127.0.0.1", port))
    head = [
        "POST /detect_emotion HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: image/jpeg",
        f"Content-Length: {len(astronaut)}",
    ]
    client.sendall("\r\n".join([*head, "", ""]).encode() + astronaut)
    (job_id,) = wait_for(lambda: redis.zrange(keys.OPEN_JOBS, 0, -1), "the job")
    client.close()
    jobs = JobStore(redis, settings)
    wait_for(lambda: jobs.get(job_id.decode()).state is JobState.CANCELED, "its end")


def test_a_wait_on_one_gateway_hears_of_a_job_of_another(
    start_gateway: Callable[..., Any], start_workers: Callable[..., Any], astronaut: bytes
) -> None:
    (_, one), (_, other) = start_gateway(), start_gateway()
    start_workers()
    headers = {"Content-Type": "image/jpeg"}
    created = requests.post(f"http://127.0.0.1:{one}/v1/jobs", data=astronaut, headers=headers, timeout=30)
    done = requests.get(f"http://127.0.0.1:{other}{created.headers['Location']}?wait=60", timeout=90).json()
    assert done["state"] == "succeeded"
