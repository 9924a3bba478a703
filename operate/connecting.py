"""The two servers, as commands use them."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from contracts.settings import Settings
from contracts.storage.connections import connect

_NAME = "mien-commands"


@contextmanager
def broker(settings: Settings) -> Iterator[Redis]:
    """The broker Redis, until the block ends."""
    redis = connect(settings.redis_url, name=_NAME)
    try:
        yield redis
    finally:
        redis.close()


@contextmanager
def both(settings: Settings) -> Iterator[tuple[Redis, Redis]]:
    """The broker Redis and that of frames, which are one client where they are one server."""
    with broker(settings) as redis:
        if settings.frame_redis_url == settings.redis_url:
            yield redis, redis
            return
        frame_redis = connect(settings.frame_redis_url, name=_NAME)
        try:
            yield redis, frame_redis
        finally:
            frame_redis.close()
