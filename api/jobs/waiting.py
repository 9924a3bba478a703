"""Waiting for jobs: one subscription a process wakes all callers that wait in it, however many they are.

A message of the "job done" channel can be missed while the connection is down, so it is only a hint: a caller
is registered *before* the record is read, and all records waited for are looked at again after every (re)connection
and once a second, in one round trip.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contracts.errors import BrokerUnavailable, MienError
from contracts.jobs import Job, JobState
from contracts.logs import log_context
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.jobs import JobStore
from contracts.storage.subscription import LISTEN_S, Notices, Subscription

_LOOK_AGAIN_S = 1.0
_AFTER_DEADLINE_S = 0.01

logger = logging.getLogger(__name__)


class WaitingRoom:
    """Blocks callers until their job is final. Its listener starts with the first of them."""

    def __init__(self, settings: Settings, jobs: JobStore) -> None:
        self._redis = connect(settings.redis_url, name="mien-gateway-waiting", max_connections=2)
        self._jobs = jobs
        self._waiting: defaultdict[str, set[threading.Event]] = defaultdict(set)
        self._lock = threading.Lock()
        self._listener = Subscription.to_final_jobs(self._redis, on_notices=self._on_notices, on_error=self._on_error)
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
        end = time.monotonic() + timeout_s
        with self._registered(job_id) as done:
            job = self._jobs.get(job_id)
            if job.state.final:
                return job
            if job.deadline_at is not None and job.state is JobState.QUEUED:
                end = min(end, time.monotonic() + max(0.0, job.deadline_at - time.time()) + _AFTER_DEADLINE_S)
            while not done.wait(min(_LOOK_AGAIN_S, max(0.0, end - time.monotonic()))):
                if time.monotonic() >= end or gone():
                    break
        return self._jobs.get(job_id)

    def wait_for_accepted(self, job: Job, timeout_s: float, gone: Callable[[], bool] = lambda: False) -> Job:
        """As `wait`, for a job accepted just now: if Redis goes away, the job as it was, because it is not lost."""
        try:
            return self.wait(job.id, timeout_s, gone) if timeout_s > 0 else job
        except BrokerUnavailable as error:
            with log_context(job_id=job.id):
                logger.warning("job %s is accepted and cannot be waited for: %s", job.id, error)
            return job

    @property
    def count(self) -> int:
        """How many callers wait now."""
        with self._lock:
            return sum(len(events) for events in self._waiting.values())

    def close(self) -> None:
        """Wake all callers and end the listener."""
        self.closed = True
        self._wake(list(self._waiting))
        self._listener.stop(4 * LISTEN_S)
        self._redis.close()

    @contextmanager
    def _registered(self, job_id: str) -> Iterator[threading.Event]:
        done = threading.Event()
        with self._lock:
            self._waiting[job_id].add(done)
            if self.closed:
                done.set()
            else:
                self._listener.start()
        try:
            yield done
        finally:
            with self._lock:
                self._waiting[job_id].discard(done)
                if not self._waiting[job_id]:
                    del self._waiting[job_id]

    def _wake(self, job_ids: list[str] | set[str]) -> None:
        with self._lock:
            events = [event for job_id in job_ids for event in self._waiting.get(job_id, ())]
        for event in events:
            event.set()

    def _on_notices(self, notices: Notices) -> None:
        self._wake([notice.text for notice in notices.items])
        if notices.subscribed or time.monotonic() >= self._look_again_at:
            self._look_again()
            self._look_again_at = time.monotonic() + _LOOK_AGAIN_S

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
