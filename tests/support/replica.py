"""The private server as a replica, for tests of what can be read of one."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis


@contextmanager
def demoted(redis: Redis) -> Iterator[None]:
    """Within the block the server is a replica, of a master that never answers, so it keeps what it has."""
    redis.replicaof("127.0.0.1", 1)
    try:
        yield
    finally:
        redis.replicaof("NO", "ONE")
