"""Events to clients, as they happen."""

import json
from collections.abc import Iterator

import pytest
from redis import Redis

from api.live import events
from api.live.event_hub import EventHub
from api.live.events import FIRST, Teller, Wish, stream
from contracts.errors import BrokerUnavailable
from contracts.events import CameraEvent, EventKind
from contracts.settings import Settings
from contracts.storage.events import EventStore
from contracts.storage.frames import FrameStore
from support.clocks import ManualClock


@pytest.fixture
def frames(redis: Redis, settings: Settings, clock: ManualClock) -> FrameStore:
    return FrameStore(redis, settings, clock)


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> EventStore:
    return EventStore(redis, settings.model_copy(update={"events_s": 60}), clock)


def tell(store: EventStore, kind: EventKind, camera: str = "cam") -> None:
    before, noted = store.noted(camera)
    event = CameraEvent(at=5.0, camera=camera, kind=kind, epoch=1, track=1, emotion="Sad")
    assert store.note(camera, before, noted.model_copy(update={"sequence": noted.sequence + 1}), [event])


def heard(teller: Teller) -> list[tuple[str, str]]:
    return [(event.camera, event.kind.value) for event in teller.look()]


def test_each_event_is_told_once(store: EventStore, frames: FrameStore) -> None:
    teller = Teller(EventHub(store, frames), Wish(FIRST), faces_only=False)
    tell(store, EventKind.APPEARED)
    assert heard(teller) == [("cam", "appeared")]
    assert heard(teller) == []
    tell(store, EventKind.LEFT)
    assert heard(teller) == [("cam", "left")]


def test_a_client_is_told_what_it_wants_to_know(store: EventStore, frames: FrameStore) -> None:
    for camera in ("cam", "other"):
        tell(store, EventKind.APPEARED, camera)
        tell(store, EventKind.CHANGED, camera)
    assert heard(Teller(EventHub(store, frames), Wish(FIRST, "cam"), faces_only=False)) == [
        ("cam", "appeared"),
        ("cam", "changed"),
    ]
    kinds = frozenset({EventKind.CHANGED})
    assert heard(Teller(EventHub(store, frames), Wish(FIRST, None, kinds), faces_only=False)) == [
        ("cam", "changed"),
        ("other", "changed"),
    ]


def test_with_faces_only_no_emotion_is_told(store: EventStore, frames: FrameStore) -> None:
    tell(store, EventKind.APPEARED)
    tell(store, EventKind.CHANGED)
    (event,) = Teller(EventHub(store, frames), Wish(FIRST), faces_only=True).look()
    assert (event.kind, event.emotion) == (EventKind.APPEARED, None)


def test_server_sent_events_have_their_id_and_go_on_until_the_end(
    store: EventStore, frames: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LOOK_S", 0)
    monkeypatch.setattr(events, "_KEEPALIVE_S", 0)
    over = iter([False, False, True])
    told: Iterator[str] = stream(Teller(EventHub(store, frames), Wish(FIRST), faces_only=False), lambda: next(over))
    tell(store, EventKind.APPEARED)
    retry, event, quiet = list(told)
    assert (retry, quiet) == ("retry: 2000\n\n", ": still there\n\n")
    number, kind, data = event.strip().splitlines()
    assert (number, kind) == (f"id: {store.newest()}", "event: appeared")
    assert json.loads(data.removeprefix("data: "))["emotion"] == "Sad"


def test_a_stream_ends_when_redis_is_away(
    store: EventStore, frames: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise BrokerUnavailable("away")

    monkeypatch.setattr(EventHub, "after", away)
    assert list(stream(Teller(EventHub(store, frames), Wish(FIRST), faces_only=False), lambda: False)) == [
        "retry: 2000\n\n"
    ]
