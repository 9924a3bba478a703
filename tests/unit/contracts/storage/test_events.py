"""Events in Redis: each told once, in order, for as long as they are kept."""

import pytest
from redis import Redis

from contracts.events import CameraEvent, EventKind, Noted
from contracts.settings import Settings
from contracts.storage import events as storage
from contracts.storage import keys
from contracts.storage.events import EventStore
from support.clocks import ManualClock

KEPT_S = 60


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> EventStore:
    return EventStore(redis, settings.model_copy(update={"events_s": KEPT_S}), clock)


def event(track: int, camera: str = "cam") -> CameraEvent:
    return CameraEvent(at=1.0, camera=camera, kind=EventKind.APPEARED, epoch=1, track=track)


def tell(store: EventStore, *events: CameraEvent, camera: str = "cam") -> bool:
    before, noted = store.noted(camera)
    after = noted.model_copy(update={"sequence": noted.sequence + 1})
    return store.note(camera, before, after, events)


def tracks(store: EventStore, after: str = "0-0") -> list[int | None]:
    return [stored.event.track for stored in store.after(after)]


def test_events_come_in_order_after_the_one_that_is_known(store: EventStore) -> None:
    assert store.newest() == "0-0"
    assert tell(store, event(1), event(2))
    assert tell(store, event(3))
    assert tracks(store) == [1, 2, 3]
    ids = [stored.id for stored in store.after("0-0")]
    assert tracks(store, ids[0]) == [2, 3]
    assert tracks(store, store.newest()) == []
    assert [stored.id for stored in store.after("0-0", 1)] == ids[:1]


def test_of_two_observers_one_tells_what_has_happened(store: EventStore) -> None:
    before, noted = store.noted("cam")
    after = noted.model_copy(update={"sequence": 1})
    assert store.note("cam", before, after, [event(1)])
    assert not store.note("cam", before, after, [event(1)])
    assert tracks(store) == [1]
    assert store.noted("cam")[1] == after


def test_what_is_too_old_is_not_told_and_goes(store: EventStore, redis: Redis, clock: ManualClock) -> None:
    tell(store, event(1))
    clock.now += KEPT_S / 2
    tell(store, event(2))
    clock.now += KEPT_S / 2 + 1
    assert tracks(store) == [2]
    tell(store)
    assert redis.xlen(keys.EVENTS) == 1
    assert 0 < redis.pttl(keys.EVENTS) <= 1_000 * KEPT_S


def test_there_are_so_many_at_most(store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "MOST_EVENTS", 3)
    tell(store, *(event(track) for track in range(1, 6)))
    assert tracks(store) == [3, 4, 5]


def test_they_stay_in_order_when_the_clock_is_put_back(store: EventStore, clock: ManualClock) -> None:
    tell(store, event(1))
    clock.now -= 3_600
    tell(store, event(2))
    assert tracks(store) == [1, 2]


def test_a_record_of_a_newer_version_is_passed_over(store: EventStore, redis: Redis, clock: ManualClock) -> None:
    redis.set(keys.noted("cam"), '{"version": 9}')
    assert store.noted("cam") == (b'{"version": 9}', Noted())
    redis.xadd(keys.EVENTS, {"event": '{"version": 9}'}, id=f"{round(1000 * clock.now)}-0")
    tell(store, event(1))
    assert tracks(store) == [1]


@pytest.mark.parametrize("known", ["", "-", "+", "1", "1-", "x-1", "1-2-3", "9" * 16 + "-0"])
def test_what_is_no_id_is_an_error(store: EventStore, known: str) -> None:
    with pytest.raises(ValueError, match="no id"):
        store.after(known)


def test_a_webhook_is_told_nothing_of_before_it_was_there(store: EventStore, redis: Redis) -> None:
    tell(store, event(1))
    assert store.sent("a") == store.newest()
    tell(store, event(2))
    assert tracks(store, store.sent("a")) == [2]
    assert tracks(store, store.sent("another")) == []
    tell(store, event(3))
    store.set_sent(store.newest(), "another")
    assert tracks(store, store.sent("another")) == []
    redis.expire(keys.EVENTS_SENT, 5)
    store.sent("another")
    assert redis.ttl(keys.EVENTS_SENT) > KEPT_S, "as long as somebody asks, and an hour"


def test_erased_are_the_events_of_one_camera(store: EventStore, redis: Redis) -> None:
    tell(store, event(1), event(2, "other"), event(3))
    assert store.erase("cam")
    assert not store.erase("cam")
    assert tracks(store) == [2]
    assert not redis.exists(keys.noted("cam"))


def test_what_is_noted_is_kept_while_it_is_looked_at(store: EventStore, redis: Redis) -> None:
    tell(store, event(1))
    redis.pexpire(keys.noted("cam"), 50_000)
    store.noted("cam")
    assert redis.pttl(keys.noted("cam")) > 3_000_000
