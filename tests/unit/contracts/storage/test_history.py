"""Histories in Redis: bounded in time and number, erased whole."""

from unittest.mock import patch

import pytest
from redis import Redis

from contracts.history import HistorySample, SampledFace
from contracts.storage import history as storage
from contracts.storage import keys
from contracts.storage.history import HistoryStore
from support.clocks import ManualClock

NOW = 1_000_000.0


@pytest.fixture
def store(redis: Redis, clock: ManualClock) -> HistoryStore:
    clock.now = NOW
    return HistoryStore(redis, clock)


def sample(at: float, kept_s: int = 60) -> HistorySample:
    return HistorySample(epoch=1, captured_at=at, kept_s=kept_s, faces=[SampledFace(track=1)])


def fill(store: HistoryStore, clock: ManualClock, count: int, kept_s: int = 60) -> None:
    for _ in range(count):
        assert store.add("cam", sample(clock.now, kept_s))
        clock.now += 1


def times(store: HistoryStore, since: float = 0, until: float = 1e11) -> list[float]:
    return [one.captured_at for one in store.read("cam", since, until)]


def test_samples_come_back_in_order_and_by_time(store: HistoryStore, clock: ManualClock) -> None:
    fill(store, clock, 5)
    assert times(store) == [NOW + second for second in range(5)]
    assert times(store, NOW + 1, NOW + 3) == [NOW + 1, NOW + 2, NOW + 3]
    assert list(store.read("other", 0, 1e11)) == []


def test_more_than_a_page_is_read(store: HistoryStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_PAGE", 2)
    fill(store, clock, 5)
    assert len(times(store)) == 5


def test_one_sample_a_second_is_kept(store: HistoryStore, clock: ManualClock) -> None:
    assert store.add("cam", sample(clock.now))
    clock.now += 0.5
    assert not store.add("cam", sample(clock.now))
    clock.now += 0.45
    assert store.add("cam", sample(clock.now))


def test_what_is_too_old_is_gone_when_the_next_is_kept_and_is_not_told_before(
    store: HistoryStore, redis: Redis, clock: ManualClock
) -> None:
    fill(store, clock, 3, kept_s=10)
    clock.now = NOW + 11.5
    assert times(store) == [NOW + 2]
    assert redis.xlen(keys.history("cam")) == 3
    store.add("cam", sample(clock.now, kept_s=10))
    assert redis.xlen(keys.history("cam")) == 2


def test_a_camera_that_has_ended_is_forgotten_after_its_retention(
    store: HistoryStore, redis: Redis, clock: ManualClock
) -> None:
    fill(store, clock, 3, kept_s=10)
    assert 0 < redis.pttl(keys.history("cam")) <= 10_000
    clock.now = NOW + 11.5
    store.forget_old()
    assert redis.xlen(keys.history("cam")) == 1
    clock.now = NOW + 20
    store.forget_old()
    assert redis.xlen(keys.history("cam")) == 0
    assert not redis.exists(keys.HISTORIES)


def test_a_camera_has_so_many_samples_at_most(
    store: HistoryStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "MOST_SAMPLES", 3)
    fill(store, clock, 5)
    assert times(store) == [NOW + 2, NOW + 3, NOW + 4]


def test_samples_stay_in_order_when_the_clock_is_put_back(store: HistoryStore, clock: ManualClock) -> None:
    fill(store, clock, 2)
    clock.now = NOW - 3_600
    fill(store, clock, 2)
    assert times(store) == [NOW, NOW + 1, NOW - 3_600, NOW - 3_599]


def test_a_sample_of_a_newer_version_is_passed_over(store: HistoryStore, redis: Redis, clock: ManualClock) -> None:
    fill(store, clock, 1)
    redis.xadd(keys.history("cam"), {"sample": '{"version": 9}'}, id=f"{round(1000 * clock.now)}-0")
    assert times(store) == [NOW]


def test_erased_is_all_of_a_camera(store: HistoryStore, redis: Redis, clock: ManualClock) -> None:
    fill(store, clock, 2)
    assert store.erase("cam")
    assert not store.erase("cam")
    assert redis.keys("*") == []


def test_one_worker_has_the_turn_until_it_says_nothing_more(store: HistoryStore, redis: Redis) -> None:
    assert store.take_turn("a", 3)
    assert store.take_turn("a", 3)
    assert not store.take_turn("b", 3)
    assert 0 < redis.pttl(keys.OBSERVER) <= 3_000
    redis.delete(keys.OBSERVER)
    assert store.take_turn("b", 3)


def test_histories_have_half_of_the_memory_and_the_largest_is_cut_first(
    store: HistoryStore, redis: Redis, clock: ManualClock
) -> None:
    assert store.make_room() == [], "without a limit there is room"
    for second in range(600):
        store.add("large", sample(clock.now, 86_400))
        if second % 6 == 0:
            store.add("small", sample(clock.now, 86_400))
        clock.now += 1
    used = {name: int(redis.memory_usage(keys.history(name)) or 0) for name in ("large", "small")}
    most = int(redis.info("memory")["used_memory"]) + 50_000_000
    redis.config_set("maxmemory", most)
    try:
        assert store.make_room() == []
        with patch.object(storage, "_SHARE", (used["small"] + used["large"] / 2) / most):
            assert store.make_room() == ["large"]
    finally:
        redis.config_set("maxmemory", 0)
    assert redis.xlen(keys.history("small")) == 100
    kept = [one.captured_at for one in store.read("large", 0, 1e11)]
    assert 100 < len(kept) < 400
    assert kept[-1] == NOW + 599, "the oldest are forgotten"
