"""Jobs in Redis. The record is the truth; a Celery message is only a hint that there is work."""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence

from redis import Redis

from contracts.errors import AcceptanceUnknown, JobGone
from contracts.jobs import ItemResult, Job, JobOptions, JobState, Origin, Problem, new_job_id
from contracts.queues import INTERACTIVE, JOB_QUEUES
from contracts.settings import Settings
from contracts.storage import job_steps as steps
from contracts.storage import keys
from contracts.storage.annotated import AnnotatedImages
from contracts.storage.clock import servers_clock
from contracts.storage.connections import is_unsent, translate_errors
from contracts.storage.job_hash import flat, from_stored, pairs
from contracts.storage.job_images import ImageStore, JobImageStore
from contracts.storage.job_storing import JobStoring
from contracts.storage.load import Load, account_of, read_load
from contracts.storage.room import Room, read_room
from contracts.storage.scripts import Call, load_script
from contracts.storage.wakeups import wakeup


class JobStore:
    """Create, claim, finish and read jobs. Every change of state is one atomic step in Redis."""

    def __init__(
        self,
        redis: Redis,
        settings: Settings,
        clock: Callable[[], float] | None = None,
        images: ImageStore | None = None,
        *,
        storing: Redis | None = None,
        aside: Redis | None = None,
    ) -> None:
        """Use the broker Redis.

        Args:
            redis: the server.
            settings: times and limits.
            clock: gives seconds since 1970, in place of the server's clock.
            images: where the images of open jobs are; the same server, if none is given.
            storing: another client of the server, whose connections are taken while a job's storing is confirmed.
            aside: the same, to remove images by that no job came of, as where `redis` had no connection free.
        """
        self._redis, self._settings = redis, settings
        self._clock, self._steps_clock = clock or servers_clock(redis), clock or steps.servers_time
        self.annotated_images = AnnotatedImages(redis, settings, self._steps_clock)
        self._images: ImageStore = images or JobImageStore(redis, aside)
        self._storing = JobStoring(storing or redis, settings, self._steps_clock)
        self._claim = load_script(redis, "claim")
        self._finish = load_script(redis, "finish")
        self._cancel = load_script(redis, "cancel")
        self._watch = load_script(redis, "watch")
        self._renew = load_script(redis, "renew")
        self._overdue = load_script(redis, "overdue")
        self.room: Callable[[], Room] = lambda: read_room(redis)

    def create(
        self,
        images: Iterable[bytes],
        queue: str,
        *,
        job_id: str = "",
        deadline_s: float | None = None,
        options: JobOptions = JobOptions(),  # noqa: B008 - frozen
        names: Sequence[str | None] = (),
        client: str = "",
        sender: str = "",
        pixels: Callable[[], int] = lambda: 0,
        gateway: str = "",
        once: bool = False,
        origin: Origin = Origin(),  # noqa: B008 - frozen
    ) -> Job:
        """Store a new job and its images, as durably as the server's file is; it exists only once all are stored.

        Images are taken one after the other, and many of them are sent in parts, so that memory stays flat.

        Args:
            images: files as they were uploaded.
            queue: one of `contracts.queues.JOB_QUEUES`.
            job_id: from `new_job_id`, if it has been given out already.
            deadline_s: seconds from now; the job expires if no worker has begun it by then.
            options: what the client asked for beside the analysis.
            names: of the files, in the order of the images; None for one without.
            client: id of the API key that the job belongs to.
            sender: the client whose share the job counts to.
            pixels: how many there are in all images, once all have been taken.
            gateway: that is told when the job is final, as by `watch`; empty: none.
            once: whether an idempotency key stands for the job, and has to still.
            origin: the request that makes it.

        Returns:
            The queued job; a message in the queue says that there is work.

        Raises:
            AcceptanceUnknown: the job may have been stored, or may not, or is not as safe yet as it should be.
            BrokerUnavailable, Overloaded, JobGone: nothing was stored; the last, as the key was released.
        """
        job_id = job_id or new_job_id()
        try:
            last, count, size = self._images.put_all_but_last(job_id, images)
            known = {"id": job_id, "queue": queue, "image_count": count, "client": client, "names": list(names)}
            known |= origin._asdict()
            job = Job(version=options.version, state=JobState.QUEUED, options=options, created_at=0, **known)
            more = {"bytes": str(size), "pixels": str(pixels()), "account": account_of(sender)}
            more |= ({"notify": keys.final_jobs_channel(gateway)} if gateway else {}) | ({"once": "1"} if once else {})
        except Exception:  # an archive may turn out to be damaged at its last image, or Redis be full by then
            self._images.discard(job_id)
            raise
        try:
            return self._storing.store(job, last, more, deadline_s, once=once)
        except AcceptanceUnknown:
            raise
        except Exception as error:
            unheard = not isinstance(error, JobGone) and not is_unsent(error)
            if unheard and (stored := self._storing.stored_unheard(job)):
                return stored
            if len(last) < count:
                self._images.discard(job_id)
            raise

    def confirm(self, job: Job) -> None:
        """Wait until a job that was found stored is as safe as one that is stored now; raises as `create`."""
        self._storing.confirm(job)

    def get(self, job_id: str) -> Job:
        """The job as it is now; one that has waited beyond its deadline is ended by looking at it.

        Raises:
            JobNotFound: never accepted here. JobGone: accepted once, and its result has outlived its time.
        """
        steps.check_id(job_id)
        with translate_errors():
            fields = self._redis.hgetall(keys.job(job_id))
        return self._current(job_id, fields)

    def watch(self, job_id: str, gateway: str) -> Job:
        """As `get`; and if the job is open, the gateway is told its id and record when it is final.

        Args:
            job_id: the job.
            gateway: by the name that it listens by; see `contracts.storage.subscription.Subscription.to_final_jobs`.

        Raises:
            JobNotFound, JobGone: as `get`.
        """
        steps.check_id(job_id)
        with translate_errors():
            fields = self._watch(keys=[keys.job(job_id)], args=[keys.final_jobs_channel(gateway)])
        return self._current(job_id, pairs(fields))

    def _current(self, job_id: str, fields: Mapping[bytes, bytes]) -> Job:
        if not fields:
            raise steps.gone(job_id, self._settings)
        job = from_stored(fields)
        if job.state is not JobState.QUEUED or job.deadline_at is None or self.seconds_left(job) > 0:
            return job
        self._end(job_id, JobState.EXPIRED)
        return self.get(job_id)

    def seconds_left(self, job: Job) -> float:
        """Seconds until the job's deadline, below zero after it; infinitely many without one."""
        return float("inf") if job.deadline_at is None else job.deadline_at - self._clock()

    def claim(self, job_id: str, owner: str, *, isolated: bool = False) -> steps.Claim:
        """Try to take the job for `lease_s` from now; counts the attempt.

        Args:
            job_id: the job.
            owner: who takes it; new for every message taken.
            isolated: whether this process runs nothing else. No other gets a job that a worker has begun and not
                finished.
        """
        with translate_errors():
            who = steps.claimant(self._settings, self._steps_clock(), owner, isolated=isolated)
            verdict = self._claim(keys=steps.job_keys(job_id), args=[job_id, *who])
        return steps.Claim(verdict.decode())

    def images(self, job_id: str) -> list[bytes]:
        """The job's images in order, exactly as they were uploaded; empty once the job is finished."""
        return self._images.get(job_id)

    def finish(self, job_id: str, owner: str, items: Sequence[ItemResult], error: Problem | None = None) -> bool:
        """Store the result, once. Asking again changes nothing, so that a lost answer may be asked for again.

        Args:
            job_id: the job.
            owner: as it was given to `claim`.
            items: in the order of the images.
            error: why the job as a whole failed, if it did.

        Returns:
            False if the job is no longer this owner's, and nothing was written.
        """
        with translate_errors():
            script, names, args = self.finish_call(job_id, owner, items, error)
            return bool(script(names, args))

    def finish_call(
        self, job_id: str, owner: str, items: Sequence[ItemResult], error: Problem | None, *more_keys: str
    ) -> Call:
        """The call that `finish` makes, to be sent with others; `more_keys` as ``finish.lua`` says."""
        state = JobState.FAILED if error else JobState.SUCCEEDED
        args = [
            job_id,
            owner,
            state.value,
            json.dumps([item.model_dump(mode="json") for item in items], separators=(",", ":")),
            error.model_dump_json() if error else "",
            self._steps_clock(),
            self._settings.result_ttl_s,
        ]
        return Call(self._finish, [*steps.job_keys(job_id), *more_keys], args)

    def cancel(self, job_id: str) -> bool:
        """Cancel a job that no worker has begun.

        Returns:
            False if it was begun or is final already.

        Raises:
            JobNotFound, JobGone: there is nothing to cancel.
        """
        steps.check_id(job_id)
        state = self._end(job_id, JobState.CANCELED)
        if state is None:
            self.get(job_id)  # says that it is gone
        return state == JobState.QUEUED.value

    def _end(self, job_id: str, final: JobState) -> str | None:
        args = [job_id, self._steps_clock(), self._settings.result_ttl_s, final.value, secrets.token_hex(8)]
        with translate_errors():
            found = self._cancel(keys=steps.job_keys(job_id), args=args)
        return None if found is None else str(found.decode())

    def renew(self, owners: Mapping[str, str]) -> int:
        """Prolong the leases of jobs in work, id → owner, by `lease_s`.

        Returns:
            How many are still their owner's.
        """
        if not owners:
            return 0
        names, times = [keys.OPEN_JOBS, *map(keys.job, owners)], [self._steps_clock(), self._settings.lease_s]
        with translate_errors():
            return int(self._renew(keys=names, args=[*times, *flat(owners)]))

    def overdue(self, limit: int = 100, sent: Callable[[int], object] = int) -> list[tuple[str, str]]:
        """Put jobs back into their queues whose worker died, and see to it that each queue has a message.

        All that are due are looked at, `limit` a step; with 0, none. `sent` is told how many messages that took.
        """
        args = [self._steps_clock(), self._settings.requeue_after_s, limit, *steps.RECORD_AND_IMAGES]
        names = [keys.OPEN_JOBS, keys.OPEN_LOAD, *steps.QUEUED, *JOB_QUEUES]
        found, looked_at = list[str](), limit or -1
        while looked_at == (limit or -1):  # each look puts off the next
            with translate_errors():
                looked_at, messages, *put_back = self._overdue(names, [*args, *JOB_QUEUES, *map(wakeup, JOB_QUEUES)])
            sent(messages)
            found += [value.decode() for value in put_back]
        return list(zip(found[::2], found[1::2], strict=True))  # id, queue: of those that were put back

    def final_among(self, job_ids: Sequence[str]) -> set[str]:
        """Those of these jobs that can change no more, or are known no longer; one round trip."""
        with translate_errors(), self._redis.pipeline(transaction=False) as pipe:
            for job_id in job_ids:
                pipe.hget(keys.job(job_id), "state")
            states = pipe.execute()
        found = zip(job_ids, states, strict=True)
        return {job_id for job_id, state in found if state is None or JobState(state.decode()).final}

    def open_count(self) -> int:
        """Jobs accepted and not yet final."""
        with translate_errors():
            return int(self._redis.zcard(keys.OPEN_JOBS))

    def open_bytes(self) -> int:
        """Bytes of images that wait or are being analysed."""
        return self.load(INTERACTIVE).open_bytes

    def queue_depth(self, queue: str) -> int:
        """Jobs waiting in one of `contracts.queues.JOB_QUEUES`, or messages in another of Celery's queues."""
        with translate_errors():
            return int(self._redis.zcard(keys.queued(queue)) if queue in JOB_QUEUES else self._redis.llen(queue))

    def account(self, job_id: str) -> str:
        """The account of the client that sent the job; see `contracts.storage.load`."""
        with translate_errors():
            return (self._redis.hget(keys.job(job_id), "account") or b"").decode()

    def load(self, queue: str, client: str = "") -> Load:
        """What waits, as this client sees it with this queue."""
        return read_load(self._redis, queue, client)
