"""Histories and events of cameras come back whole, before what has come since."""

from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from contracts.backups import FORMAT, Begin, Entry, KeyPart
from contracts.history import HistorySample
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.backup import BackupSource
from contracts.storage.history import HistoryStore
from contracts.storage.restore import BackupTarget

BEGIN = Begin(format=FORMAT, id="b", made_at=1.0, mien="0.3.0", server="valkey", secrets=False, history=True)
HALL = keys.history("hall")
MANY = 2_000


@pytest.fixture
def target(redis: Redis, settings: Settings) -> BackupTarget:
    return BackupTarget(redis, redis, settings)


@pytest.fixture
def now_ms(redis: Redis) -> int:
    return 1_000 * int(redis.time()[0])


@pytest.fixture
def samples(redis: Redis, now_ms: int) -> list[str]:
    """Ids of the samples of a camera: one a second, the last of them now."""
    ids = [f"{now_ms - 1_000 * (MANY - number)}-0" for number in range(1, MANY + 1)]
    add(redis, HALL, ids)
    add(redis, keys.EVENTS, ids)
    redis.pexpireat(HALL, now_ms + 3_600_000)
    redis.zadd(keys.HISTORIES, {"hall": 3_600})
    return ids


def add(redis: Redis, key: str, ids: list[str]) -> None:
    with redis.pipeline() as pipe:
        for number in ids:
            pipe.xadd(key, {"sample": number, "event": "{}"}, id=number)
        pipe.execute()


def ids_of(redis: Redis, key: str) -> list[str]:
    found = redis.xrange(key)
    assert all(fields[b"sample"] == number for number, fields in found)
    return [number.decode() for number, _ in found]


def backed_up(redis: Redis) -> list[Entry]:
    return list(BackupSource(redis, redis).entries(history=True))


def put(target: BackupTarget, entries: list[Entry]) -> None:
    target.begin(BEGIN)
    for entry in entries:
        target.put(entry)


def test_what_a_camera_has_shown_since_stands_behind_what_comes_back(
    redis: Redis, target: BackupTarget, samples: list[str], now_ms: int
) -> None:
    entries = backed_up(redis)
    redis.flushall()
    live = [f"{now_ms + 1_000 * number}-0" for number in range(1, 4)]
    for key in (HALL, keys.EVENTS):
        add(redis, key, live)
    redis.pexpireat(HALL, now_ms + 7_200_000)
    put(target, entries)
    target.end(BEGIN)
    for key in (HALL, keys.EVENTS):
        assert ids_of(redis, key) == [*samples, *live]
    assert redis.pexpiretime(HALL) == now_ms + 7_200_000, "the longer of both"
    assert (target.dropped, redis.keys(keys.restoring("*"))) == (0, [])


@pytest.mark.parametrize("there", [1, MANY // 2, MANY])
def test_a_restore_that_was_interrupted_goes_on(
    redis: Redis, target: BackupTarget, samples: list[str], now_ms: int, there: int
) -> None:
    entries = backed_up(redis)
    redis.flushall()
    add(redis, HALL, [*samples[:there], f"{now_ms + 1_000}-0"])
    put(target, entries)
    target.end(BEGIN)
    assert ids_of(redis, HALL) == [*samples, f"{now_ms + 1_000}-0"]


def test_one_that_is_interrupted_leaves_what_is_there_as_it_was(
    redis: Redis, settings: Settings, target: BackupTarget, samples: list[str], now_ms: int
) -> None:
    entries = backed_up(redis)
    redis.flushall()
    add(redis, HALL, [f"{now_ms + 1_000}-0"])
    place = max(number for number, entry in enumerate(entries) if isinstance(entry, KeyPart) and entry.key == HALL)
    put(target, entries[:place])
    assert ids_of(redis, HALL) == [f"{now_ms + 1_000}-0"]
    (aside,) = redis.keys(keys.restoring("*"))
    assert 0 < redis.ttl(aside) <= 600
    again = BackupTarget(redis, redis, settings)
    put(again, entries)
    again.end(BEGIN)
    assert ids_of(redis, HALL) == [*samples, f"{now_ms + 1_000}-0"]


def test_cameras_and_workers_may_go_on_meanwhile(
    redis: Redis, target: BackupTarget, samples: list[str], now_ms: int
) -> None:
    entries = backed_up(redis)
    redis.flushall()
    live = list[str]()
    target.begin(BEGIN)
    for entry in entries:
        live += [f"{now_ms + 1_000 * (len(live) + number)}-0" for number in range(1, 301)]
        add(redis, HALL, live[-300:])
        HistoryStore(redis).forget_old()
        target.put(entry)
    target.end(BEGIN)
    assert ids_of(redis, HALL) == [*samples, *live]


def test_a_camera_that_has_ended_is_known_to_have_a_history(
    redis: Redis, target: BackupTarget, samples: list[str]
) -> None:
    entries = backed_up(redis)
    redis.flushall()
    target.begin(BEGIN)
    for entry in entries:
        target.put(entry)
        HistoryStore(redis).forget_old()
    target.end(BEGIN)
    assert redis.zscore(keys.HISTORIES, "hall") == 3_600


def test_what_the_server_has_no_room_for_is_counted_and_nothing_is_lost(
    redis: Redis, target: BackupTarget, samples: list[str], now_ms: int
) -> None:
    entries = backed_up(redis)
    redis.flushall()
    add(redis, HALL, [f"{now_ms + 1_000}-0"])
    target.begin(BEGIN)
    for entry in entries:
        target.put(entry)
        if isinstance(entry, KeyPart) and entry.key == HALL:
            redis.delete(*redis.keys(keys.restoring("*")))  # as a full one does
    target.end(BEGIN)
    assert target.dropped == MANY
    assert ids_of(redis, HALL) == [f"{now_ms + 1_000}-0"]
    assert redis.keys(keys.restoring("*")) == []


@pytest.fixture
def limited(redis: Redis) -> Iterator[Callable[[int], None]]:
    """Lets the server have so many bytes more than it has now; it drops nothing to have them."""

    def limit(room: int) -> None:
        assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        redis.config_set("maxmemory", int(redis.info("memory")["used_memory"]) + room)

    yield limit
    redis.config_set("maxmemory", 0)


def test_a_broker_that_is_full_drops_a_history_and_takes_what_follows(
    redis: Redis, target: BackupTarget, samples: list[str], now_ms: int, limited: Callable[[int], None]
) -> None:
    for number in range(1, 4_001):
        redis.xadd(HALL, {"sample": f"{now_ms}-{number}", "more": "x" * 3_000}, id=f"{now_ms}-{number}")
    add(redis, keys.history("door"), samples)
    redis.zadd(keys.HISTORIES, {"door": 3_600})
    entries, here = backed_up(redis), ids_of(redis, HALL)
    redis.delete(keys.history("door"))
    limited(4_000_000)
    put(target, entries)
    target.end(BEGIN)
    assert target.dropped == len(here) == MANY + 4_000
    assert ids_of(redis, HALL) == here
    assert ids_of(redis, keys.history("door")) == samples
    assert redis.keys(keys.restoring("*")) == []


def test_a_broker_that_is_full_when_a_history_takes_its_place_keeps_the_one_that_is_there(
    redis: Redis, target: BackupTarget, samples: list[str], now_ms: int, limited: Callable[[int], None]
) -> None:
    entries = [entry for entry in backed_up(redis) if isinstance(entry, KeyPart) and entry.key == HALL]
    redis.delete(HALL)
    for number in range(1, 401):
        redis.xadd(HALL, {"sample": "x" * 10_000}, id=f"{now_ms + number}-0")
    put(target, entries)
    limited(1_000_000)
    target.end(BEGIN)
    assert target.dropped == MANY
    assert redis.xlen(HALL) == 400
    assert redis.keys(keys.restoring("*")) == []


def test_a_history_whose_time_is_over_takes_nothing_along(redis: Redis, target: BackupTarget, now_ms: int) -> None:
    part = KeyPart(
        key=HALL, type="stream", expires_at_ms=now_ms - 1_000, frames=True, values=[[b"5-0", b"sample", b"5-0"]]
    )
    put(target, [part])
    target.end(BEGIN)
    assert not redis.exists(HALL)
    store = HistoryStore(redis)
    assert store.add("hall", HistorySample(kept_s=600, epoch=1, captured_at=store.now(), faces=[]))
    put(target, [part])
    target.end(BEGIN)
    assert redis.xlen(HALL) == 2
    assert 0 < redis.ttl(HALL) <= 600


def test_what_has_no_end_on_the_server_gets_none(redis: Redis, target: BackupTarget, samples: list[str]) -> None:
    entries = backed_up(redis)
    redis.persist(HALL)
    put(target, entries)
    target.end(BEGIN)
    assert redis.ttl(HALL) == -1
