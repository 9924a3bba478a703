"""What waits, and how much memory it takes: what admission decides by, in one round trip.

Each open job counts with its images, bytes and pixels to its queue, and to the account of the client that sent it; its
images also to those that wait, for as long as it is queued. Each change is part of the atomic step that changes the
job's state, and zero open jobs are zero load: what a job counted whose record was
damaged goes then, too. An account is a hash, so that no address of a client is stored.
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from redis import Redis

from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.lanes import DRAINED


class Load(NamedTuple):
    """How busy the system is, as one client with one queue sees it."""

    depth: int
    """Jobs in the queue."""
    waiting_images: int
    """Of the queue's jobs that no worker has begun."""
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
    client_annotated_bytes: int
    """Of the client's annotated images that are kept."""
    drained: bool = False
    """Whether no jobs are accepted, because an operator wishes so."""


def account_of(client: str) -> str:
    """The account of a client, by its key's id or its address."""
    return hashlib.sha256(client.encode()).hexdigest()[:16]


def read_load(redis: Redis, queue: str, client: str = "") -> Load:
    """The load as this client sees it with one of `contracts.queues.JOB_QUEUES`."""
    account = account_of(client)
    with translate_errors(), redis.pipeline(transaction=False) as pipe:
        pipe.zcard(keys.queued(queue))
        pipe.hmget(keys.ANNOTATED_BYTES, ["total", f"account:{account}"])
        shares = [f"{queue}:{name}" for name in ("bytes", "pixels", account)]
        pipe.hmget(keys.OPEN_LOAD, [f"{queue}:waiting", "bytes", *shares, f"{account}:bytes"])
        pipe.hexists(keys.LANES, DRAINED)
        depth, annotated, amounts, drained = pipe.execute()
    all_annotated, own_annotated = _amounts(annotated)
    waiting, open_bytes, queue_bytes, queue_pixels, client_images, client_bytes = _amounts(amounts)
    return Load(
        depth=int(depth),
        waiting_images=waiting,
        open_bytes=open_bytes,
        annotated_bytes=all_annotated,
        queue_bytes=queue_bytes,
        queue_pixels=queue_pixels,
        client_images=client_images,
        client_bytes=client_bytes,
        client_annotated_bytes=own_annotated,
        drained=bool(drained),
    )


def _amounts(stored: Iterable[bytes | None]) -> list[int]:
    return [max(0, int(value or 0)) for value in stored]
