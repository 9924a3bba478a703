"""Events from a real worker to clients of a real gateway: over a WebSocket, as server-sent events, to a webhook."""

import json
import time

import requests
from redis import Redis

from contracts.frames import Frame, FrameStamp, TrackedFace
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.frames import FrameStore
from support.clocks import WaitFor
from support.factories import make_face, make_frame_result, marked
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
