"""Browsers as cameras: a real gateway, a real worker, and clients that send well, or do not."""

import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from PIL import Image
from redis import Redis

from api.access.keys import ApiKeyStore
from api.http.scopes import Scope
from benchmarks.system import System, running_system
from contracts.emotions import EMOTIONS
from contracts.settings import Settings
from contracts.storage.counters import CounterStore
from contracts.storage.frames import FrameStore
from support import pictures
from support.gateway import bearer
from support.processes import StartGateway, StartWorkers
from support.sending import all_dropped, connect, name, path, told
from support.websocket import Client, Refused, connected

WaitFor = Callable[..., Any]
JPEG = pictures.astronaut_jpeg(320)


@pytest.fixture(autouse=True)
def _dropped() -> Iterator[None]:
    with all_dropped():
        yield


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """A gateway, a worker and a server of their own, for the tests that change nothing of them."""
    with running_system() as system:
        yield system


@pytest.fixture
def port(system: System) -> int:
    return urlsplit(system.address).port or 0


def faces_of(client: Client, pictures_sent: int) -> list[Any]:
    """Send so many pictures one after the other. Returns the faces of each that was read."""
    found = []
    for _ in range(pictures_sent):
        client.send(JPEG)
        answer = told(client)
        if "result" in answer:
            found.append(answer["result"]["faces"])
    return found


def test_every_picture_is_answered_and_a_face_keeps_its_number(port: int) -> None:
    camera = name()
    with connected(port, path(camera)) as client:
        terms = told(client)["ready"]
        assert (terms["camera"], terms["in_flight"]) == (camera, 2)
        answers = []
        for number in range(1, 21):
            client.send(JPEG)
            answers.append(told(client))
            assert answers[-1]["number"] == number
        read = [answer for answer in answers if "result" in answer]
        assert len(read) >= 18, [answer for answer in answers if "dropped" in answer]
        sequences = [answer["sequence"] for answer in read]
        assert sequences == sorted(set(sequences))
        assert {tuple(face["track"] for face in answer["result"]["faces"]) for answer in read} == {(1,)}
        assert all(answer["result"]["emotion"] in EMOTIONS for answer in read)
        assert read[0]["result"]["camera"] == camera
        client.close()


def test_of_pictures_that_come_at_once_the_newest_wins_and_all_are_answered(port: int) -> None:
    with connected(port, path(name())) as client:
        told(client)
        for _ in range(12):
            client.send(JPEG)
        answers = {answer["number"]: answer for answer in (told(client) for _ in range(12))}
        assert sorted(answers) == list(range(1, 13))
        assert "result" in answers[12]
        assert all(answers[number].get("dropped") or answers[number]["result"] for number in answers)
        assert any("newer picture" in answer.get("dropped", "") for answer in answers.values())


def test_nobody_is_told_of_a_browsers_own_camera(system: System, port: int, wait_for: WaitFor) -> None:
    camera, url = name(), f"http://127.0.0.1:{port}"
    client = connect(port, camera)
    assert faces_of(client, 3)
    assert requests.get(f"{url}/v1/cameras", timeout=10).json()["cameras"] == []
    for address in ("/emotion_data", "/video_feed", f"/v1/cameras/{camera}/snapshot"):
        assert requests.get(f"{url}{address}", params={"camera": camera}, timeout=10).status_code == 404, address
    with connected(port, "/v1/live") as viewer:
        viewer.send(json.dumps({"watch": {camera: {}}}))
        message = viewer.receive()
        assert isinstance(message, bytes)
        header = json.loads(message[4 : 4 + int.from_bytes(message[:4], "big")])
        assert (header["state"], header["picture"], header["faces"]) == ("gone", "placeholder", None), header
    assert requests.get(f"{url}/emotion_data", timeout=10).json()["camera"] is None
    counted = wait_for(lambda: [n for n in CounterStore(system.redis).read() if "frames_analyzed" in n], "the count")
    assert counted == ['mien_frames_analyzed_total{camera="device"}']
    client.close()


def test_no_emotion_is_told_where_none_may_be_read(start_gateway: StartGateway, start_workers: StartWorkers) -> None:
    start_workers()
    _, port = start_gateway(faces_only=True)
    client = connect(port, name())
    (face,) = faces_of(client, 2)[0]
    assert (face["emotion"], face["scores"], face["raw_scores"]) == (None, {}, {})
    client.close()


def damaged() -> dict[str, bytes]:
    """Pictures that are none, with what is said of them."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "PNG")
    progressive = io.BytesIO()
    Image.new("RGB", (64, 64)).save(progressive, "JPEG", progressive=True)
    large = io.BytesIO()
    Image.new("L", (2_000, 1_500)).save(large, "JPEG")
    whole = pictures.astronaut_jpeg(64)
    return {
        "no JPEG": b"garbage",
        "send a camera's pictures": buffer.getvalue(),
        "baseline": progressive.getvalue(),
        "pixels": large.getvalue(),
        "cut off": whole[: len(whole) // 2],
        "divides a stream": whole[:-40] + b"\r\n--frame\r\nContent-Type: text/html\r\n\r\n\xff\xd9",
    }


def test_what_is_no_picture_is_dropped_with_a_sentence_and_the_next_one_is_read(port: int) -> None:
    client = connect(port, name())
    for number, (sentence, data) in enumerate(damaged().items(), 1):
        client.send(data)
        answer = told(client)
        assert answer["number"] == number
        assert sentence in answer["dropped"]
    assert faces_of(client, 2)
    client.close()


def test_text_in_place_of_a_picture_ends_the_connection(start_gateway: StartGateway) -> None:
    _, port = start_gateway()
    client = connect(port, name())
    client.send("a picture")
    assert client.receive() is None
    assert client.closed == (1003, "Send pictures, as binary messages.")


def test_what_else_a_file_says_reaches_nobody(start_gateway: StartGateway, redis: Redis, settings: Settings) -> None:
    _, port = start_gateway()
    exif = Image.Exif()
    exif[0x010E] = "at my home"
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "JPEG", exif=exif.tobytes(), comment=b"my comment")
    camera = name()
    client = connect(port, camera)
    client.send(buffer.getvalue() + b"appended")
    stored = None
    end = time.monotonic() + 10
    while stored is None and time.monotonic() < end:
        stored = FrameStore(redis, settings).newest(camera)
    assert stored is not None
    assert stored.options.kind == "browser"
    assert not any(text in stored.jpeg for text in (b"home", b"comment", b"appended"))
    assert Image.open(io.BytesIO(stored.jpeg)).size == (64, 64)
    client.drop()


def test_without_a_worker_pictures_are_dropped_in_time(start_gateway: StartGateway) -> None:
    _, port = start_gateway()
    client = connect(port, name())
    client.send(JPEG)
    assert told(client, 10) == {"number": 1, "dropped": "No worker analysed it in time."}
    client.drop()


def test_pictures_count_towards_the_rate_of_their_client(
    start_gateway: StartGateway, start_workers: StartWorkers, redis: Redis
) -> None:
    start_workers()
    api_keys = ApiKeyStore(redis)
    _, port = start_gateway(require_keys=True)
    with pytest.raises(Refused) as refused:
        connect(port, name())
    assert refused.value.status == 401
    with pytest.raises(Refused) as refused:
        connect(port, name(), **bearer(api_keys.create("viewer", frozenset({Scope.LIVE}))))
    assert refused.value.status == 403
    token = api_keys.create("sender", frozenset({Scope.ANALYZE}), rate="5/minute")
    client = connect(port, name(), **bearer(token))
    answers = []
    for _ in range(6):
        client.send(JPEG)
        answers.append(told(client))
    assert [("dropped" in answer and "allowed" in answer["dropped"]) for answer in answers] == 4 * [False] + 2 * [True]
    client.close()
