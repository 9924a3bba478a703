"""The steps that store a job, or find it stored, and answer once it is as safe as ``MIEN_DURABILITY`` says."""

from collections.abc import Callable

from redis import Redis

from contracts.jobs import Job
from contracts.settings import Settings
from contracts.storage import job_steps as steps
from contracts.storage import keys
from contracts.storage.durability import DurableSteps
from contracts.storage.job_hash import flat, to_hash
from contracts.storage.scripts import Call, load_script
from contracts.storage.wakeups import wakeup


class JobStoring:
    """Used by `contracts.storage.jobs.JobStore` alone."""

    def __init__(self, redis: Redis, settings: Settings, clock: Callable[[], float | str]) -> None:
        """Use the broker Redis.

        Args:
            redis: the server; each of its connections is taken for as long as a confirmation lasts.
            settings: times, and how safe a job has to be.
            clock: gives seconds since 1970, or what a step takes for the server's time.
        """
        self._settings, self._clock = settings, clock
        self._durable = DurableSteps(redis, settings.durability)
        self.create = load_script(redis, "create")
        self.refuse = load_script(redis, "refuse")
        self._confirm = load_script(redis, "confirm")

    def store(self, job: Job, last: dict[str, bytes], more: dict[str, str], in_s: float | None, *, once: bool) -> Job:
        """Store a job whose other images are stored already.

        Args:
            job: the job.
            last: its last images by index.
            more: fields of its record that are none of the job's own.
            in_s: its deadline, in seconds from now.
            once: whether an idempotency key stands for it, and has to still.

        Raises:
            AcceptanceUnknown, BrokerUnavailable, Overloaded, JobGone: as `JobStore.create`.
        """
        fields, load = flat(to_hash(job) | more), [more["account"], job.image_count, more["bytes"], more["pixels"]]
        times = [self._clock(), self._settings.requeue_after_s, "" if in_s is None else in_s]
        args = [job.id, job.queue, *load, *times, wakeup(job.queue), len(fields), *fields, *flat(last)]
        with steps.storing(job.id):
            outcome = self._durable.run(Call(self.create, steps.keys_of_new(job, once=once), args))
            return steps.check_stored(job, *outcome)

    def stored_unheard(self, job: Job) -> Job | None:
        """A refused job that is stored: the driver asks twice, maybe unheard at first. If it is not, so it stays."""
        call = Call(self.refuse, [keys.job(job.id), steps.refusal(job.id)], [steps.REFUSED_S])
        with steps.storing(job.id, refused=True):
            answer, unconfirmed = self._durable.run(call)
        return None if answer == [b"refused"] else steps.check_stored(job, answer, unconfirmed)

    def confirm(self, job: Job) -> None:
        """Wait until a job that was found stored is as safe as one that is stored now.

        Raises:
            AcceptanceUnknown: it is not, or not known to be. JobGone: it is stored no more.
        """
        if not self._durable.waits:
            return
        with steps.storing(job.id, refused=True):
            answer, unconfirmed = self._durable.run(Call(self._confirm, [keys.job(job.id)], []))
        if not answer:
            raise steps.gone(job.id, self._settings)
        steps.check_stored(job, answer, unconfirmed)
