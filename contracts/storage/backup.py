"""What is backed up of Redis, entry by entry, while gateways and workers go on.

Each job is read in one step, with its images and all that hangs on it, so that it is as it was at a moment. Queues,
what is open, the load and the bytes of annotated images follow from the jobs, and are made anew when they are restored.
What is of its moment only is left out; so are counters: Prometheus takes one that comes back for things that happen.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from redis import Redis

from contracts.backups import Entry, IdempotencyKey, JobEntry, JobImages, KeyPart
from contracts.jobs import JobState
from contracts.storage import keys
from contracts.storage.clock import servers_clock
from contracts.storage.connections import translate_errors
from contracts.storage.erasure import pages_of_jobs

Kind = Literal["string", "hash", "list", "zset", "stream"]

SECRET: Final[Mapping[str, Kind]] = {
    keys.API_KEYS: "hash",
    keys.API_KEYS_USED: "hash",
    keys.WEBHOOKS_SECRETS: "hash",
    keys.WEBHOOKS_SECRET: "string",
    keys.LIVE_SECRET: "string",
}
"""What lets somebody in, or signs: left out where that is wished."""
PLAIN: Final[Mapping[str, Kind]] = {
    keys.NETWORKS: "string",
    keys.ERASED: "zset",
    keys.AUDIT: "list",
    keys.AUDIT_CHANGES: "list",
    keys.AUDIT_OPERATIONS: "list",
}
OF_CAMERAS: Final[Mapping[str, Kind]] = {keys.EVENTS: "stream", keys.HISTORIES: "zset"}
"""In the frame Redis, with the history of each camera."""
_PAGE: Final = 500
_PART_BYTES: Final = 4_000_000


class BackupSource:
    """Reads all that a backup holds. Memory is bounded by the largest job."""

    def __init__(self, redis: Redis, frame_redis: Redis) -> None:
        """Use the broker Redis, and that of frames, which may be the same."""
        self._redis, self._frame_redis = redis, frame_redis
        self.now = servers_clock(redis)

    def server(self) -> str:
        """What the server says that it is, and its version."""
        with translate_errors():
            info: dict[str, Any] = self._redis.info("server")
        name, version = info.get("server_name", "redis"), info.get("valkey_version", info.get("redis_version", ""))
        return f"{name} {version}"

    def entries(self, *, secrets: bool = True, history: bool = False) -> Iterator[Entry]:
        """Everything: first who may come in, then jobs, then who did what.

        Args:
            secrets: API keys and the secrets of webhooks as well.
            history: what cameras have shown as well, where that is kept.
        """
        if secrets:
            yield from self._keys(self._redis, SECRET)
        seen = set[str]()
        with translate_errors():
            for page in pages_of_jobs(self._redis):
                for job_id in page:
                    if job_id not in seen:  # Redis may name one twice
                        seen.add(job_id)
                        yield from self._job(job_id)
            if history:
                yield from self._keys(self._frame_redis, {**OF_CAMERAS, **self._histories()}, frames=True)
        yield from self._keys(self._redis, PLAIN)

    def _histories(self) -> dict[str, Kind]:
        cameras = self._frame_redis.zrange(keys.HISTORIES, 0, -1)
        return {keys.history(camera.decode()): "stream" for camera in cameras}

    def _keys(self, redis: Redis, kinds: Mapping[str, Kind], *, frames: bool = False) -> Iterator[Entry]:
        for key, kind in kinds.items():
            with translate_errors():
                expires_at_ms = _moment(redis.pexpiretime(key))
                for values in _pages(redis, key, kind):
                    yield KeyPart.model_construct(
                        key=key, type=kind, expires_at_ms=expires_at_ms, frames=frames, values=values
                    )

    def _job(self, job_id: str) -> Iterator[Entry]:
        """The job's images, then the job; nothing, if it is gone meanwhile."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(keys.job(job_id))
            pipe.pexpiretime(keys.job(job_id))
            pipe.hgetall(keys.job_images(job_id))
            pipe.hgetall(keys.job_annotated(job_id))
            pipe.pexpiretime(keys.job_annotated(job_id))
            pipe.get(keys.job_once(job_id))
            pipe.hget(keys.webhook(job_id), "attempts")
            pipe.zscore(keys.WEBHOOKS_DUE, job_id)
            pipe.hget(keys.WEBHOOKS_DEAD, job_id)
            record, expiry, images, annotated, annotated_expiry, once, attempts, due_at, dead = pipe.execute()
        if b"state" not in record:
            return
        final = JobState(record[b"state"].decode()).final
        yield from _images(job_id, images, annotated=False)
        if final:  # of one that is analysed anew they are drawn anew
            yield from _images(job_id, annotated, annotated=True)
        yield JobEntry.model_construct(
            job=job_id,
            record=[(name.decode(), value) for name, value in record.items()],
            expires_at_ms=_moment(expiry),
            annotated_until_ms=_moment(annotated_expiry) if final else None,
            once=self._once(job_id, once),
            webhook_due_at=due_at,
            webhook_attempts=int(attempts or 0),
            webhook_dead=dead,
        )

    def _once(self, job_id: str, key: bytes | None) -> IdempotencyKey | None:
        if not key:
            return None
        with self._redis.pipeline(transaction=True) as pipe:
            value, expiry = pipe.get(key).pexpiretime(key).execute()
        if not value or not value.startswith(f"{job_id} ".encode()) or expiry < 0:  # it stands for another job by now
            return None
        return IdempotencyKey.model_construct(key=key.decode(), value=value, expires_at_ms=int(expiry))


def _moment(milliseconds: int) -> int | None:
    """What ``PEXPIRETIME`` answered; none for a key without an end, or that is not there."""
    return milliseconds if milliseconds >= 0 else None


def _images(job_id: str, images: Mapping[bytes, bytes], *, annotated: bool) -> Iterator[JobImages]:
    part, size = list[tuple[str, bytes]](), 0
    for index, image in images.items():
        if part and size + len(image) > _PART_BYTES:
            yield JobImages.model_construct(job=job_id, annotated=annotated, images=part)
            part, size = [], 0
        part.append((index.decode(), image))
        size += len(image)
    if part:
        yield JobImages.model_construct(job=job_id, annotated=annotated, images=part)


def _pages(redis: Redis, key: str, kind: Kind) -> Iterator[list[list[bytes]]]:
    """What stands under a key, some hundred values at a time."""
    if kind == "string":
        value = redis.get(key)
        yield from [[[value]]] if value is not None else []
        return
    if kind == "stream":
        yield from _stream(redis, key)
        return
    if kind == "list":
        values = [[value] for value in redis.lrange(key, 0, -1)]
    elif kind == "hash":
        values = [[name, value] for name, value in redis.hgetall(key).items()]
    else:
        values = [[repr(score).encode(), member] for member, score in redis.zrange(key, 0, -1, withscores=True)]
    for first in range(0, len(values), _PAGE):
        yield values[first : first + _PAGE]


def _stream(redis: Redis, key: str) -> Iterator[list[list[bytes]]]:
    first = "-"
    while page := redis.xrange(key, first, count=_PAGE):
        yield [[number, *(part for pair in fields.items() for part in pair)] for number, fields in page]
        first = f"({page[-1][0].decode()}"
