"""Events from a real worker to clients of a real gateway: over a WebSocket, as server-sent events, to a webhook."""

import json
import time
from pathlib import Path
from typing import Any

import requests
from redis import Redis

from contracts.events import CameraEvent, EventKind, Noted
from contracts.frames import Frame, FrameStamp, TrackedFace
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.events import EventStore
from contracts.storage.frames import FrameStore
from support.clocks import WaitFor
from support.factories import make_face, make_frame_result, marked
from support.last_release import unpack_last_release
from support.processes import StartGateway, StartWorkers
from support.receiver import Receiver
from support.websocket import connected


def test_who_comes_and_goes_is_told_to_all_who_want_to_know(
    redis: Redis,
    settings: Settings,
    start_workers: StartWorkers,
    start_gateway: StartGateway,
    receiver: Receiver,
    wait_for: WaitFor,
) -> None:
    start_workers(1, events_s=60, events_webhook=receiver.url, webhook_networks="127.0.0.0/8")
    _, port = start_gateway(events_s=60)
    frames = FrameStore(redis, settings)
    wait_for(lambda: redis.exists(keys.EVENTS_SENT), "the webhook")
    with connected(port, "/v1/events?kind=appeared,left") as client:
        frames.publish(Frame("cam", FrameStamp(1, 1), time.time(), b"jpeg"))
        face = TrackedFace(track=3, **make_face("Sad").model_dump())
        result = make_frame_result(1, face).model_copy(update={"captured_at": frames.now()})
        frames.put_result(result, b"{}", marked(frames))
        told = [
            json.loads(client.receive() or ""),
            json.loads(client.receive() or ""),
        ]  # and then no frame comes any more
    assert [(event["kind"], event["track"], event["emotion"]) for event in told] == [
        ("appeared", 3, "Sad"),
        ("left", 3, "Sad"),
    ]
    with requests.get(
        f"http://127.0.0.1:{port}/v1/events", headers={"Last-Event-ID": "0-0"}, stream=True, timeout=30
    ) as answer:
        lines = (line for line in answer.iter_lines() if line.startswith(b"data:"))
        kinds = [json.loads(next(lines).removeprefix(b"data:"))["kind"] for _ in range(3)]
    assert kinds == ["camera_state", "appeared", "left"]
    wait_for(lambda: b'"left"' in b"".join(body for _, body in receiver.received), "the webhook's last event")


def test_the_last_release_and_this_one_side_by_side_tell_the_webhook_once(
    redis: Redis,
    settings: Settings,
    start_workers: StartWorkers,
    receiver: Receiver,
    tmp_path: Path,
    wait_for: WaitFor,
) -> None:
    """Who has sent a request is seen by its faces: this release's worker is set to leave out expressions."""

    def told() -> list[tuple[int, str | None]]:
        return [
            (event["track"], event["emotion"])
            for _, body in list(receiver.received)
            for event in json.loads(body)["data"]["events"]
        ]

    common: dict[str, Any] = {"events_s": 600, "events_webhook": receiver.url, "webhook_networks": "127.0.0.0/8"}
    (old,) = start_workers(1, code=unpack_last_release(tmp_path), **common)
    wait_for(lambda: redis.exists(keys.OBSERVER) and redis.exists(keys.EVENTS_SENT), "the old one to observe")
    start_workers(1, worker_queues="webhooks", faces_only=True, **common)
    wait_for(lambda: redis.exists(keys.EVENTS_SENDER), "the new one to have its turn")
    receiver.status = 503
    events = EventStore(redis, settings.model_copy(update={"events_s": 600}))
    appeared = CameraEvent(at=1.0, camera="cam", kind=EventKind.APPEARED, epoch=1, track=3, emotion="Sad")
    assert events.note("cam", b"", Noted(sequence=1), [appeared])
    # Between its attempts are seconds, in which the new one looks several times what there is to send.
    wait_for(lambda: told().count((3, "Sad")) == 2, "two attempts of the old one")
    assert (3, None) not in told()
    receiver.status = 200
    wait_for(lambda: redis.get(keys.EVENTS_SENT).startswith(events.newest().encode()), "the event to be taken")
    old.terminate()
    assert old.wait(timeout=90) == 0
    assert events.note("cam", events.noted("cam")[0], Noted(sequence=2), [appeared.model_copy(update={"track": 4})])
    wait_for(lambda: (4, None) in told(), "the new one to take over")
    assert ((4, "Sad") in told(), (3, None) in told()) == (False, False)
