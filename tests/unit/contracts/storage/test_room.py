"""The room that a real server has left."""

from redis import Redis

from contracts.storage.room import FOR_NEW_JOBS, Room, read_room


def test_a_server_without_a_limit_is_never_full(redis: Redis) -> None:
    room = read_room(redis)
    assert room.used_bytes > 100_000
    assert (room.limit_bytes, room.full, room.writes) == (0, False, True)


def test_a_server_is_full_for_new_jobs_before_it_refuses_writes(redis: Redis) -> None:
    redis.config_set("maxmemory-policy", "noeviction")
    try:
        redis.config_set("maxmemory", int(read_room(redis).used_bytes / FOR_NEW_JOBS * 1.5))
        assert not read_room(redis).full
        redis.config_set("maxmemory", int(read_room(redis).used_bytes / FOR_NEW_JOBS * 0.98))
        assert read_room(redis).full
        redis.set("what workers write", "x")
    finally:
        redis.config_set("maxmemory", 0)


def test_exactly_the_part_for_new_jobs_is_full() -> None:
    assert Room(900, 1_000, writes=True).full
    assert not Room(899, 1_000, writes=True).full
