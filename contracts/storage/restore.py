"""What a backup holds is put back, entry by entry; see `contracts.storage.backup`.

What is there already wins over what is in the backup, but for the secret of webhooks, so that a restore may be begun
anew, and may run beside gateways and workers: each job is there with all that belongs to it, or not at all.
"""

import hashlib
import math
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, NamedTuple

from redis import Redis

from contracts.backups import Begin, Entry, JobEntry, JobImages, KeyPart
from contracts.queues import BULK, JOB_QUEUES, QUEUES
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.audit import AuditLog
from contracts.storage.backup import PLAIN, SECRET
from contracts.storage.connections import translate_errors
from contracts.storage.erased_cameras import ErasedCameras
from contracts.storage.erasure import hash_of, pages_of_jobs
from contracts.storage.job_images import JobImageStore
from contracts.storage.job_steps import SHARED, refusal, servers_time
from contracts.storage.scripts import load_script
from contracts.storage.stream_restore import StreamRestore
from contracts.storage.wakeups import wakeup
from contracts.storage.webhook_secrets import BroughtBack, WebhookSecrets

_WEBHOOK_KEPT_S: Final = 259_200
_RESTORED_S: Final = 2_592_000
"""For so long it is known which backups have been restored."""
PUT_FIRST: Final = frozenset(PLAIN)
"""What says of jobs and API keys that they are not to come back. It stands last in a file, since it was read last: what
was erased or revoked while the backup was made is known only there. With it comes the rest that stands there, for which
there may be no room behind jobs and cameras."""
_OF_API_KEYS: Final = frozenset({keys.API_KEYS, keys.API_KEYS_USED, keys.WEBHOOKS_SECRETS})
"""Hashes by the id of an API key."""
_UNFINISHED_S: Final = 600
_AUDIT_KEPT: Final = 10_000
_FAMILIES: Final = "mien:"


class Outcome(StrEnum):
    """What became of a job of a backup."""

    STORED = "stored"
    EXISTS = "exists"  # on the server, which is left as it is
    ERASED = "erased"  # since the backup was made
    EXPIRED = "expired"  # its time is over
    INCOMPLETE = "incomplete"  # its images are not all there


class Occupied(NamedTuple):
    """What is on a server already."""

    jobs: int
    api_keys: int
    webhooks: int
    """Given up, or to be delivered."""


class BackupTarget:
    """Puts entries into the broker Redis, and what is of cameras into that of frames."""

    def __init__(
        self, redis: Redis, frame_redis: Redis, settings: Settings, clock: Callable[[], float | str] = servers_time
    ) -> None:
        """Use both servers, which may be the same; `clock` gives seconds since 1970, in place of the server's."""
        self._redis, self._frame_redis, self._settings, self._clock = redis, frame_redis, settings, clock
        self._images = JobImageStore(redis)
        self._put_part, self._restore = load_script(redis, "put_part"), load_script(redis, "restore_job")
        self._secrets, self._rotated = WebhookSecrets(redis), False
        self.webhooks_secret = BroughtBack.SAME
        """What became of the secret that signs webhooks of jobs without an API key."""
        self._parts, self._made_at = keys.restored_parts(""), math.inf
        self._stream: StreamRestore | None = None
        self._histories = list[KeyPart]()
        self.dropped = 0
        """Samples and events of cameras that were not put back, because the server has no room for them."""
        self.erased = 0
        """Those that were erased since."""

    def occupied(self) -> Occupied:
        """What is there that a restore could get mixed up with."""
        with translate_errors():
            jobs = sum(len(page) for page in pages_of_jobs(self._redis))
            webhooks = self._redis.zcard(keys.WEBHOOKS_DUE) + self._redis.hlen(keys.WEBHOOKS_DEAD)
            return Occupied(jobs, int(self._redis.hlen(keys.API_KEYS)), int(webhooks))

    def clear(self, backup: Begin) -> int:
        """Delete everything of Mien in the broker Redis but the audit log and what is known of erased jobs.

        What is kept of cameras, API keys and the secrets of webhooks are deleted only if the backup has them, and the
        secret of webhooks of jobs without an API key only if nobody rotated it.

        Returns:
            How many keys.
        """
        history = backup.history
        of_cameras = () if history else (keys.history(""), keys.EVENTS, keys.HISTORIES)
        spared = (keys.ERASED, keys.AUDIT, *of_cameras, *(() if backup.secrets else SECRET))  # what was erased stays so
        gone = 0
        with translate_errors():
            if backup.secrets and (self._secrets.may_be_rotated() or self._was_rotated(backup)):
                spared += (keys.WEBHOOKS_SECRET, keys.WEBHOOKS_SECRETS)
                gone += self._secrets.forget_keys()
            for name in self._redis.scan_iter(match=f"{_FAMILIES}*", count=500):
                if not name.decode().startswith(spared):
                    gone += self._redis.unlink(name)
            self._redis.unlink(*QUEUES)
            if history and self._frame_redis is not self._redis:
                for name in self._frame_redis.scan_iter(match=keys.history("*"), count=500):
                    gone += self._frame_redis.unlink(name)
                gone += self._frame_redis.unlink(keys.EVENTS, keys.HISTORIES)
            self._redis.zadd(keys.ERASURES, {"erased": self._redis.time()[0]})
        return gone

    def begin(self, backup: Begin) -> bool:
        """Whether this backup has not been restored to its end here before: lines of the audit log are added once.

        To be asked before anything is put.
        """
        self._parts, self._made_at = keys.restored_parts(backup.id), backup.made_at
        with translate_errors():
            self._rotated = backup.secrets and self._was_rotated(backup)
            return not self._redis.exists(keys.restored(backup.id))

    def _was_rotated(self, backup: Begin) -> bool:
        signs = self._redis.exists(keys.WEBHOOKS_SECRET)
        return bool(signs) and AuditLog(self._redis).rotated("", since=backup.made_at)

    def end(self, backup: Begin) -> None:
        """All of this backup is here."""
        with translate_errors():
            self._end_stream()
            for part in self._histories:  # a worker forgets cameras whose history was not there yet
                self._put_values(self._frame_redis, ErasedCameras(self._redis, self._made_at).known(part))
            self._redis.set(keys.restored(backup.id), str(backup.made_at), ex=_RESTORED_S)

    def put(self, entry: Entry, *, anew: bool = False) -> Outcome | None:
        """Put one entry back.

        Args:
            entry: of the backup, in its order.
            anew: whether this backup was restored here before, and no lines are to be added again.

        Returns:
            What became of a job; none for anything else.

        Raises:
            Overloaded, BrokerUnavailable: Redis is full, or away.
        """
        with translate_errors():
            if self._stream and not (isinstance(entry, KeyPart) and entry.key == self._stream.key):
                self._end_stream()
            match entry:
                case JobImages():
                    self._put_images(entry)
                case JobEntry():
                    return self._put_job(entry)
                case KeyPart():
                    self._put_key(entry, anew=anew)
        return None

    def _put_images(self, entry: JobImages) -> None:
        if not entry.annotated:
            self._images.put_part(entry.job, dict(entry.images))
            return
        names = [keys.job(entry.job), keys.job_annotated(entry.job), refusal(entry.job)]
        self._put_part(names, [_UNFINISHED_S, *(part for pair in entry.images for part in pair)])

    def _put_job(self, entry: JobEntry) -> Outcome:
        record = dict(entry.record)
        queue = record.get("queue", b"").decode()
        queue = queue if queue in JOB_QUEUES else BULK
        open_jobs, due, erasures, load = SHARED
        names = [keys.job(entry.job), keys.job_images(entry.job), open_jobs, load, keys.queued(queue), queue]
        names += [due, keys.webhook(entry.job), keys.WEBHOOKS_DEAD, keys.job_annotated(entry.job)]
        names += [keys.ANNOTATED_UNTIL, keys.ANNOTATED_BYTES, keys.job_once(entry.job)]
        names += [entry.once.key if entry.once else keys.job_once(entry.job), keys.ERASED, erasures]
        names += [self._parts]
        once = [entry.once.value, entry.once.expires_at_ms] if entry.once else ["", ""]
        webhook = [entry.webhook_attempts, _or_nothing(entry.webhook_due_at), entry.webhook_dead or ""]
        times = [_or_nothing(entry.expires_at_ms), _or_nothing(entry.annotated_until_ms)]
        arguments = [entry.job, hash_of(entry.job), self._clock(), self._settings.requeue_after_s, *times, *once]
        arguments += [
            *webhook,
            _WEBHOOK_KEPT_S,
            wakeup(queue),
            _RESTORED_S,
            *(part for pair in entry.record for part in pair),
        ]
        return Outcome(self._restore(names, arguments).decode())

    def _put_key(self, part: KeyPart, *, anew: bool) -> None:
        redis = self._frame_redis if part.frames else self._redis
        if part.key == keys.COUNTERS:
            return  # of files from before; they would set off alerts of what happened long ago
        if part.type == "list":
            if not anew:
                self._add_lines(redis, part)
        elif part.type == "stream":
            self._put_stream(redis, part)
        else:
            if part.key == keys.HISTORIES:
                self._histories.append(part)
                part = ErasedCameras(self._redis, self._made_at).known(part)
            self._put_values(redis, part)

    def _put_values(self, redis: Redis, part: KeyPart) -> None:
        revoked = AuditLog(redis).revoked() if part.key in _OF_API_KEYS else ()
        values = [value for value in part.values if not revoked or value[0].decode() not in revoked]
        with redis.pipeline(transaction=False) as pipe:
            for value in values:
                if not self._of_webhooks(part, value):
                    _put_value(pipe, part, value)
            if part.expires_at_ms is not None:
                pipe.pexpireat(part.key, part.expires_at_ms)
            pipe.execute()

    def _of_webhooks(self, part: KeyPart, value: list[bytes]) -> bool:
        """Whether this is the secret without a key, which is brought back also where another was made since."""
        if part.key != keys.WEBHOOKS_SECRET and (part.key, value[0]) != (keys.WEBHOOKS_SECRETS, b""):
            return False
        outcome = self._secrets.bring_back(value[-1], rotated=self._rotated)
        if outcome is not BroughtBack.SAME:
            self.webhooks_secret = outcome
        return True

    def _add_lines(self, redis: Redis, part: KeyPart) -> None:
        """Once, also if this restore is interrupted and begun anew: that it was done is noted in the same step."""
        digest = hashlib.sha256(part.model_dump_json().encode()).hexdigest()

        def add(pipe: Any) -> None:
            if pipe.sismember(self._parts, digest):
                return
            there = set(pipe.lrange(part.key, 0, -1))
            pipe.multi()
            pipe.sadd(self._parts, digest)
            pipe.expire(self._parts, _RESTORED_S)
            if lines := [value for (value,) in part.values if value not in there]:
                pipe.rpush(part.key, *lines)  # the newest stands first, and what is there alone is newer than these
                pipe.ltrim(part.key, 0, _AUDIT_KEPT - 1)

        redis.transaction(add, self._parts)

    def _put_stream(self, redis: Redis, part: KeyPart) -> None:
        if not self._stream:
            self._erased_cameras = ErasedCameras(self._redis, self._made_at)
            self._stream = StreamRestore(redis, part.key)
        kept = self._erased_cameras.without(part)
        self.erased += len(part.values) - len(kept.values)
        if kept.values:
            self._stream.put(kept)

    def _end_stream(self) -> None:
        if self._stream:
            self.dropped += self._stream.end()
            self._stream = None


def _put_value(pipe: Any, part: KeyPart, value: list[bytes]) -> None:
    if part.type == "string":
        pipe.set(part.key, value[0], nx=True)
    elif part.type == "hash":
        pipe.hsetnx(part.key, *value)
    else:
        pipe.zadd(part.key, {value[1]: float(value[0])}, nx=True)


def _or_nothing(value: float | None) -> float | str:
    return "" if value is None else value
