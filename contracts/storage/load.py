"""What waits, and how much memory it takes: what admission decides by, in one round trip.

Each open job counts with its images, bytes and pixels to its queue, and to the account of the client that sent it. An
account is a hash, so that no address of a client is stored.
"""

import hashlib
from typing import Any, NamedTuple

from redis import Redis

from contracts.storage import keys
from contracts.storage.connections import translate_errors


class Load(NamedTuple):
    """How busy the system is, as one client with one queue sees it."""

    depth: int
    """Messages in the queue."""
    open_bytes: int
    """Of images of unfinished jobs."""
    annotated_bytes: int
    """Of annotated images that are kept."""
    queue_bytes: int
    """Of images of the queue's unfinished jobs."""
    queue_pixels: int
    """Of the same images."""
    client_images: int
    """Of the client's unfinished jobs in this queue."""
    client_bytes: int
    """Of the images of all unfinished jobs of the client."""


def account_of(client: str) -> str:
    """The account of a client, by its key's id or its address."""
    return hashlib.sha256(client.encode()).hexdigest()[:16]


def read_load(redis: Redis, queue: str, client: str = "") -> Load:
    """The load as this client sees it with one of `contracts.queues.JOB_QUEUES`."""
    account = account_of(client)
    with translate_errors(), redis.pipeline(transaction=False) as pipe:
        pipe.llen(queue)
        pipe.get(keys.OPEN_BYTES)
        pipe.hget(keys.ANNOTATED_BYTES, "total")
        pipe.hmget(keys.OPEN_LOAD, [f"{queue}:bytes", f"{queue}:pixels", f"{queue}:{account}", f"{account}:bytes"])
        depth, waiting, annotated, shares = pipe.execute()
    return Load(int(depth), *(max(0, int(value or 0)) for value in (waiting, annotated, *shares)))


def add_load(pipe: Any, queue: str, account: str, *, images: int, size: int, pixels: int) -> None:
    """Count a new job; ``finalize.lua`` takes it away again.

    Args:
        pipe: the transaction in which the job is stored.
        queue: the job's.
        account: the client's.
        images: how many.
        size: bytes of all of them.
        pixels: of all of them.
    """
    amounts = {
        f"{queue}:bytes": size,
        f"{queue}:pixels": pixels,
        f"{queue}:{account}": images,
        f"{account}:bytes": size,
    }
    pipe.incrby(keys.OPEN_BYTES, size)
    for field, amount in amounts.items():
        pipe.hincrby(keys.OPEN_LOAD, field, amount)
