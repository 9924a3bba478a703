"""The viewers' WebSocket on a real gateway: newest wins, two on their way, one connection for all cameras."""

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager

import pytest
import requests
from redis import Redis

from contracts.frames import CameraOptions, Frame, FrameStamp
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.frames import FrameStore
from contracts.views import DEFAULT, Variant, View
from support.clocks import WaitFor
from support.factories import make_frame_result, marked
from support.live import draw, unpack, watch
from support.processes import StartGateway
from support.websocket import Client, Refused, connected

PLAIN = Variant(boxes=False)


@pytest.fixture
def store(redis: Redis, settings: Settings) -> FrameStore:
    return FrameStore(redis, settings)


def publish(store: FrameStore, sequence: int, camera: str = "hall", *, blur: bool = False) -> Frame:
    options = CameraOptions(kind="demo", blur=blur)
    frame = Frame(camera, FrameStamp(1, sequence), time.time(), b"plain %d" % sequence, options=options)
    assert store.publish(frame)
    return frame


def show(store: FrameStore, frame: Frame, variant: Variant = DEFAULT, jpeg: bytes = b"view", **more: object) -> None:
    result = make_frame_result(frame.stamp.sequence, camera=frame.camera).model_dump_json().encode()
    view = View(frame.stamp, frame.captured_at, jpeg, "mien-2", result=result, **more)  # type: ignore[arg-type]
    store.views.put(frame.camera, {variant: view}, marked(store, frame.camera))


@contextmanager
def filming(store: FrameStore, *cameras: str) -> Iterator[None]:
    """Frames that are analysed at once, until the block is over."""
    over = threading.Event()

    def film() -> None:
        for sequence in itertools.count(1):
            for camera in cameras:
                frame = publish(store, sequence, camera)
                for variant in store.views.wanted(camera):
                    show(store, frame, variant, b"view %d" % sequence)
            if over.wait(0.02):
                return

    thread = threading.Thread(target=film)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def until(client: Client, picture: str, **wanted: object) -> tuple[dict[str, object], bytes]:
    """Draw whatever comes, until this does."""
    while True:
        header, jpeg = unpack(client.receive())
        if jpeg:
            draw(client, header)
        if header["picture"] == picture and header == header | wanted:
            return header, jpeg


def test_header_and_picture_belong_to_one_frame(store: FrameStore, start_gateway: StartGateway) -> None:
    _, port = start_gateway()
    with filming(store, "hall"), connected(port, "/v1/live") as client:
        watch(client, hall={"boxes": False})
        sequences = []
        for _ in range(10):
            header, jpeg = until(client, "analyzed")
            if jpeg:
                assert jpeg == b"view %d" % header["sequence"]
                sequences.append(header["sequence"])
        assert sequences == sorted(set(sequences))
        wanted = {"camera": "hall", "state": "live", "kind": "demo", "epoch": 1, "faces": [], "width": 64, "height": 48}
        assert header == header | wanted | {"reason": None, "model": "mien-2", "labels": "fer2013", "message": None}
        assert 0 <= header["age_ms"] < 30_000


def test_who_draws_nothing_is_sent_two_pictures_and_then_the_newest(
    store: FrameStore, start_gateway: StartGateway, wait_for: WaitFor
) -> None:
    _, port = start_gateway()
    with filming(store, "hall"), connected(port, "/v1/live") as client:
        watch(client, hall={})
        headers = [unpack(client.receive()) for _ in range(2)]
        assert all(jpeg for _, jpeg in headers)
        begun = store.newest("hall")
        assert begun is not None
        wait_for(lambda: store.newest("hall").stamp.sequence > begun.stamp.sequence + 30, "thirty frames")
        draw(client, headers[0][0])
        header, jpeg = unpack(client.receive())
        while not jpeg:  # how the camera is, is told at any time
            header, jpeg = unpack(client.receive())
        assert header["sequence"] > begun.stamp.sequence + 20


def test_one_connection_carries_many_cameras_and_another_subscription_replaces_all(
    store: FrameStore, start_gateway: StartGateway, wait_for: WaitFor
) -> None:
    _, port = start_gateway()
    cameras = [f"camera-{number}" for number in range(12)]
    with filming(store, *cameras), connected(port, "/v1/live") as client:
        watch(client, **{name: {"width": 320, "fps": 5} for name in cameras})
        seen = set[str]()
        while len(seen) < 12:
            seen.add(until(client, "analyzed")[0]["camera"])  # type: ignore[arg-type]
        watch(client, **{"camera-3": {"width": 320, "fps": 5}})
        metrics = f"http://127.0.0.1:{port}/metrics"
        wait_for(
            lambda: (
                sum(line.startswith("mien_viewers{") for line in requests.get(metrics, timeout=5).text.split("\n")) == 1
            ),
            "one camera to be looked at",
        )
        assert until(client, "analyzed")[0]["camera"]
    wait_for(lambda: "mien_viewers{" not in requests.get(metrics, timeout=5).text, "the viewer to be gone")


def test_without_a_camera_it_is_said_and_when_it_comes_it_is_shown(
    store: FrameStore, start_gateway: StartGateway
) -> None:
    _, port = start_gateway()
    with connected(port, "/v1/live") as client:
        watch(client, hall={})
        header, jpeg = unpack(client.receive())
        assert (header["state"], header["picture"], jpeg) == ("gone", "placeholder", b"")
        assert "No camera of this name" in header["message"]
        publish(store, 1)
        assert until(client, "plain")[1] == b"plain 1"


def test_a_blurred_camera_shows_only_what_is_blurred(
    store: FrameStore, redis: Redis, start_gateway: StartGateway
) -> None:
    _, port = start_gateway()
    frame = publish(store, 1, blur=True)
    with connected(port, "/v1/live") as client:
        watch(client, hall={})
        header, jpeg = until(client, "placeholder", state="live")
        assert "covered" in str(header["message"])
        assert redis.pubsub_numsub(keys.views_channel("hall"))[0][1] == 1
        show(store, frame, jpeg=b"not blurred")
        frame = publish(store, 2, blur=True)
        show(store, frame, jpeg=b"blurred", blurred=True)
        header, jpeg = until(client, "analyzed")
        assert (jpeg, header["sequence"]) == (b"blurred", 2)


NOT_UNDERSTOOD: dict[str | bytes, str] = {
    "no JSON": "Invalid JSON",
    '{"watch": {"hall": {"width": -1}}}': "watch.hall.width",
    '{"watch": {"hall": {"colour": "red"}}}': "watch.hall.colour",
    '{"watch": {"../x": {}}}': "watch",
    json.dumps({"watch": {f"c{number}": {} for number in range(65)}}): "watch",
    '{"shown": {"camera": "hall"}}': "shown.serial",
    b"binary": "JSON object",
}


def test_what_is_not_understood_ends_the_connection_with_a_sentence(start_gateway: StartGateway) -> None:
    _, port = start_gateway()
    for said, told in NOT_UNDERSTOOD.items():
        with connected(port, "/v1/live") as client:
            client.send(said)
            assert client.receive() is None
            assert client.closed is not None
            assert client.closed[0] == 1008
            assert told in client.closed[1]


def test_viewers_are_limited_by_the_cameras_they_look_at(store: FrameStore, start_gateway: StartGateway) -> None:
    _, port = start_gateway(max_viewers=2, client_share=1)
    publish(store, 1, "a")
    publish(store, 1, "b")
    publish(store, 1, "c")
    with connected(port, "/v1/live") as client:
        watch(client, a={}, b={}, c={})
        seen, refused = set(), ""
        while not refused or len(seen) < 2:
            header, jpeg = unpack(client.receive())
            seen |= {header["camera"]} if jpeg else set()
            if "MIEN_MAX_VIEWERS" in (header["message"] or ""):
                refused = header["camera"]
        assert refused not in seen
        with pytest.raises(Refused) as raised:
            Client(port, "/v1/live")
        assert raised.value.status == 503
        assert "Retry-After" in raised.value.answer


def test_a_connection_holds_a_place_also_while_it_looks_at_nothing(
    start_gateway: StartGateway, wait_for: WaitFor
) -> None:
    _, port = start_gateway(max_connections=8, client_share=0.5, trusted_proxies="127.0.0.1")
    one, other = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
    with ExitStack() as held:
        mine = [held.enter_context(connected(port, "/v1/live", one)) for _ in range(4)]
        for client in mine:
            watch(client, nobody={})  # a camera that there is not
        with pytest.raises(Refused) as raised:
            Client(port, "/v1/live", one)
        assert (raised.value.status, "too many requests that wait" in raised.value.answer) == (429, True)
        held.enter_context(connected(port, "/v1/live", other))
        mine[0].drop()
        held.enter_context(wait_for(lambda: _connection(port, one), "the place to be given back"))


def _connection(port: int, headers: dict[str, str]) -> AbstractContextManager[Client] | None:
    """A connection, if there is a place for one."""
    try:
        return closing(Client(port, "/v1/live", headers))
    except Refused:
        return None
