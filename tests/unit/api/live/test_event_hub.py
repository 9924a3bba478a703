"""One look for all who listen."""

import pytest
from redis import Redis

from api.live import event_hub
from api.live.event_hub import EventHub, place_of
from contracts.errors import BrokerUnavailable
from contracts.events import CameraEvent, EventKind
from contracts.frames import Frame, FrameStamp
from contracts.settings import Settings
from contracts.storage.events import EventStore, StoredEvent
from contracts.storage.frames import FrameStore
from support.clocks import WaitFor

LISTENERS = 20


class CountingStore(EventStore):
    """The real store; counts who looks."""

    looks = 0

    def after(self, event_id: str, count: int = 500) -> list[StoredEvent]:
        self.looks += 1
        return super().after(event_id, count)


@pytest.fixture
def frames(redis: Redis, settings: Settings) -> FrameStore:
    return FrameStore(redis, settings)


@pytest.fixture
def store(redis: Redis, settings: Settings) -> CountingStore:
    return CountingStore(redis, settings.model_copy(update={"events_s": 60}))


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_hub, "LOOK_S", 0.01)


def tell(store: EventStore, track: int) -> str:
    before, noted = store.noted("cam")
    event = CameraEvent(at=5.0, camera="cam", kind=EventKind.APPEARED, epoch=1, track=track)
    assert store.note("cam", before, noted.model_copy(update={"sequence": noted.sequence + 1}), [event])
    return store.newest()


def heard(hub: EventHub, after: str) -> list[int | None]:
    return [one.event.track for one in hub.after(after)]


def test_all_who_listen_are_told_by_one_look(store: CountingStore, frames: FrameStore, wait_for: WaitFor) -> None:
    hub, known = EventHub(store, frames), tell(store, 1)
    with hub.listening(None):
        wait_for(lambda: hub._from == place_of(known), "the first look")
        tell(store, 2)
        wait_for(lambda: heard(hub, known) == [2], "the event")
        before = store.looks
        assert all(heard(hub, known) == [2] for _ in range(LISTENERS))
        assert store.looks - before < LISTENERS, "they do not look for themselves"
    wait_for(lambda: not hub._looking, "the end of looking")


def test_who_is_behind_reads_what_was_missed(store: CountingStore, frames: FrameStore, wait_for: WaitFor) -> None:
    known = tell(store, 1)
    hub = EventHub(store, frames)
    with hub.listening("cam"):
        wait_for(lambda: hub._from == place_of(known), "the first look")
        assert heard(hub, "0-0") == [1]
        assert heard(hub, known) == []


def test_few_are_remembered(
    store: CountingStore, frames: FrameStore, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_hub, "_REMEMBERED", 2)
    hub, known = EventHub(store, frames), tell(store, 1)
    with hub.listening(None):
        wait_for(lambda: hub._from == place_of(known), "the first look")
        for track in range(2, 6):
            tell(store, track)
        wait_for(lambda: (hub._from or (0, 0)) > place_of(known), "some to be forgotten")
        wait_for(lambda: heard(hub, known) == [2, 3, 4, 5], "all of them, from Redis")


def test_cameras_do_not_rest_while_somebody_listens(store: EventStore, frames: FrameStore, wait_for: WaitFor) -> None:
    for camera in ("cam", "other"):
        frames.publish(Frame(camera, FrameStamp(1, 1), frames.now(), b"jpeg"))
    with EventHub(store, frames).listening("cam"):
        wait_for(lambda: frames.wanted("cam"), "the wish")
        assert not frames.wanted("other")
    with EventHub(store, frames).listening(None):
        wait_for(lambda: frames.wanted("other"), "the wish for all")


def test_a_redis_that_is_away_is_told_until_it_is_back(
    store: EventStore, frames: FrameStore, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = EventHub(store, frames)

    def is_away() -> bool:
        try:
            hub.after("0-0")
        except BrokerUnavailable:
            return True
        return False

    def away(*_: object) -> str:
        raise BrokerUnavailable("away")

    with hub.listening(None):
        with monkeypatch.context() as patch:
            patch.setattr(store, "after", away)
            wait_for(is_away, "the error")
        wait_for(lambda: not is_away(), "its end")
