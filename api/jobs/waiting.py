"""Waiting for jobs: one subscription a process wakes all callers that wait in it, however many they are.

The gateway has a channel of its own, which is told a job's whole record when the job becomes final; the caller is
registered before the job is stored, or before it is read. A message can be missed while the connection is down, so all
records waited for are looked at again after every (re)connection and once a second, in one round trip.
"""

import logging
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from contracts.errors import BrokerUnavailable, MienError, RecordUnreadable
from contracts.jobs import Job, JobState
from contracts.logs import log_context
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.job_hash import from_notice
from contracts.storage.jobs import JobStore
from contracts.storage.subscription import LISTEN_S, Notices, Subscription

_LOOK_AGAIN_S = 1.0
_AFTER_DEADLINE_S = 0.01

logger = logging.getLogger(__name__)


class Arrival:
    """What one caller waits for."""

    def __init__(self, job_id: str, gateway: str) -> None:
        """Nothing has come yet.

        Args:
            job_id: of the job.
            gateway: what it is to be stored with, if it is new, so that it comes here.
        """
        self.job_id, self.gateway = job_id, gateway
        self.awaited = False
        """Whether the caller waits already; it may have its job to read and to store first."""
        self._event = threading.Event()
        self._job: Job | None = None

    def come(self, job: Job | None) -> None:
        """Wake the caller; without a job it has to look for itself."""
        self._job = job
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Whether something has come by then."""
        return self._event.wait(seconds)

    def clear(self) -> None:
        """Wait for more."""
        self._event.clear()

    @property
    def job(self) -> Job | None:
        """The job that came, if it came along."""
        return self._job


class WaitingRoom:
    """Blocks callers until their job is final. Its listener starts with the first of them."""

    def __init__(self, settings: Settings, jobs: JobStore) -> None:
        self._redis = connect(settings.redis_url, name="mien-gateway-waiting", max_connections=2)
        self._jobs = jobs
        self._waiting: defaultdict[str, set[Arrival]] = defaultdict(set)
        self._lock = threading.Lock()
        self._gateway = secrets.token_hex(8)
        self._listener = Subscription.to_final_jobs(
            self._redis, self._gateway, on_notices=self._on_notices, on_error=self._on_error
        )
        self._look_again_at = 0.0
        self.closed = False

    def wait(self, job_id: str, timeout_s: float, gone: Callable[[], bool] = lambda: False) -> Job:
        """The job as soon as it is final, or as it is when the time runs out or the process stops.

        Args:
            job_id: the job.
            timeout_s: seconds; a deadline of the job itself ends the wait as well, and the job.
            gone: asked about once a second; true ends the wait, as the client is not there any more.

        Raises:
            JobNotFound, JobGone, BrokerUnavailable: from the job store.
        """
        if timeout_s <= 0:
            return self._jobs.get(job_id)
        with self.expecting(job_id) as arrival:
            job = self._jobs.watch(job_id, self._gateway)
            return job if job.state.final else self._wait(arrival, job, timeout_s, gone)

    def wait_for_accepted(
        self, job: Job, timeout_s: float, gone: Callable[[], bool] = lambda: False, arrival: Arrival | None = None
    ) -> Job:
        """As `wait`, for a job accepted just now: if Redis goes away, the job as it was, because it is not lost.

        Args:
            job: as it was accepted.
            timeout_s: as of `wait`.
            gone: as of `wait`.
            arrival: of `expecting`; a job of its id was stored with its gateway, and need not be read.

        Raises:
            JobNotFound, JobGone: from the job store.
        """
        if timeout_s <= 0:
            return job
        try:
            if arrival is None or arrival.job_id != job.id:  # the job of an earlier request
                return self.wait(job.id, timeout_s, gone)
            return self._wait(arrival, job, timeout_s, gone)
        except BrokerUnavailable as error:
            with log_context(job_id=job.id):
                logger.warning("job %s is accepted and cannot be waited for: %s", job.id, error)
            return job

    def _wait(self, arrival: Arrival, job: Job, timeout_s: float, gone: Callable[[], bool]) -> Job:
        end = time.monotonic() + timeout_s
        if job.deadline_at is not None and job.state is JobState.QUEUED:
            end = min(end, time.monotonic() + max(0.0, self._jobs.seconds_left(job)) + _AFTER_DEADLINE_S)
        arrival.awaited = True
        while not self.closed:
            if arrival.wait(min(_LOOK_AGAIN_S, max(0.0, end - time.monotonic()))):
                arrival.clear()  # before it is looked at: what comes meanwhile wakes this again
                found = arrival.job or self._jobs.get(job.id)
                if found.state.final:
                    return found
            elif time.monotonic() >= end or gone():
                break
        return self._jobs.get(job.id)

    @property
    def count(self) -> int:
        """How many callers wait now."""
        with self._lock:
            return sum(arrival.awaited for arrivals in self._waiting.values() for arrival in arrivals)

    def close(self) -> None:
        """Wake all callers and end the listener."""
        self.closed = True
        self._wake(list(self._waiting))
        self._listener.stop(4 * LISTEN_S)
        self._redis.close()

    @contextmanager
    def expecting(self, job_id: str) -> Iterator[Arrival]:
        """What comes of the job while the block runs, which may begin before the job is stored."""
        arrival = Arrival(job_id, self._gateway)
        with self._lock:
            self._waiting[job_id].add(arrival)
            if self.closed:
                arrival.come(None)
            else:
                self._listener.start()
        try:
            yield arrival
        finally:
            with self._lock:
                self._waiting[job_id].discard(arrival)
                if not self._waiting[job_id]:
                    del self._waiting[job_id]

    def _wake(self, job_ids: Iterable[str], job: Job | None = None) -> None:
        with self._lock:
            arrivals = [arrival for job_id in job_ids for arrival in self._waiting.get(job_id, ())]
        for arrival in arrivals:
            arrival.come(job)

    def _on_notices(self, notices: Notices) -> None:
        for notice in notices.items:
            self._tell(notice.text)
        if notices.subscribed or time.monotonic() >= self._look_again_at:
            self._look_again()
            self._look_again_at = time.monotonic() + _LOOK_AGAIN_S

    def _tell(self, text: str) -> None:
        """Give a job to the callers that wait for it; if it cannot be read here, they look for themselves."""
        try:
            job_id, job = from_notice(text)
            self._wake([job_id], job)
        except (RecordUnreadable, ValueError) as error:
            self._on_error(error)
            self._wake([text.partition(" ")[0]])

    def _on_error(self, error: Exception) -> None:
        if isinstance(error, MienError):
            logger.warning("waiting for jobs is slower until Redis answers again: %s", error)
        else:
            logger.error("unexpected error while listening for jobs", exc_info=error)

    def _look_again(self) -> None:
        with self._lock:
            job_ids = list(self._waiting)
        if job_ids:
            self._wake(self._jobs.final_among(job_ids))
