"""Two addresses are two clients, one is one."""

from redis import Redis

from contracts.settings import Settings
from operate.connecting import both, broker


def test_one_server_is_one_client_and_two_are_two(redis_url: str, redis: Redis) -> None:
    with both(Settings(redis_url=redis_url)) as (first, second):
        assert first is second
    with both(Settings(redis_url=redis_url, frame_redis_url=redis_url.replace("/0", "/1"))) as (first, second):
        first.set("a", 1)
        assert (second.get("a"), redis.get("a")) == (None, b"1")
    with broker(Settings(redis_url=redis_url)) as only:
        assert only.get("a") == b"1"
