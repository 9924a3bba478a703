"""What waits, and how much memory it takes: what admission decides by, in one round trip."""

from typing import NamedTuple

from redis import Redis

from contracts.storage import keys
from contracts.storage.connections import translate_errors


class Load(NamedTuple):
    """How busy the system is."""

    depth: int
    """Messages in the queue."""
    open_bytes: int
    """Of images of unfinished jobs."""
    annotated_bytes: int
    """Of annotated images that are kept."""


def read_load(redis: Redis, queue: str) -> Load:
    """The load as one of `contracts.queues.JOB_QUEUES` sees it."""
    with translate_errors(), redis.pipeline(transaction=False) as pipe:
        pipe.llen(queue)
        pipe.get(keys.OPEN_BYTES)
        pipe.hget(keys.ANNOTATED_BYTES, "total")
        depth, waiting, annotated = pipe.execute()
    return Load(int(depth), max(0, int(waiting or 0)), max(0, int(annotated or 0)))
