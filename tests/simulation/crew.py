"""Workers: their real tasks and periodic work, on models that only pretend, and Celery's part of taking messages."""

import base64
import json
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, Final

from redis.exceptions import RedisError

from contracts.errors import MienError
from contracts.queues import JOB_QUEUES
from contracts.settings import Settings
from contracts.storage.counters import CounterStore
from contracts.storage.job_queue import Finished, JobQueue
from contracts.storage.jobs import JobStore
from contracts.tracing.loading import open_tracing
from simulation.checker import Checker
from simulation.hooks import Deliveries
from simulation.images import Analyzer
from simulation.server import Server
from simulation.world import Process, World
from support.analyzers import OneAnalyzer
from workers.isolated_jobs import Ended
from workers.jobs import analyze_isolated_job, analyze_jobs
from workers.leases import Leases
from workers.metrics import PendingCounters
from workers.periodic import RECONCILE_EVERY_S, WEBHOOKS_EVERY_S, Reconciler, renew_leases
from workers.turns import Turns

_ASK_EVERY_S: Final = (0.01, 0.2, 1.0)
"""How often a free thread looks for a message. Celery waits for one, which is as if it looked at the right moment."""


class _Queue(JobQueue):
    """Tells the checker what was written, as the worker hears it."""

    checker: Checker

    def finish(self, owner: str, finished: Sequence[Finished]) -> list[bool]:
        written = super().finish(owner, finished)
        self._tell(owner, finished, written)
        return written

    def finish_and_claim(self, owner: str, finished: Sequence[Finished], *args: Any, **options: Any) -> Any:
        written, batch = super().finish_and_claim(owner, finished, *args, **options)
        self._tell(owner, finished, written)
        return written, batch

    def _tell(self, owner: str, finished: Sequence[Finished], written: Sequence[bool]) -> None:
        for job, stored in zip(finished, written, strict=True):
            self.checker.heard(job.job_id, owner, stored=stored)


class _IsolatedJobs:
    """Processes for one job each, one at a time, as `workers.isolated_jobs.IsolatedJobs` starts them."""

    def __init__(self, crew: "Crew", parent: Process) -> None:
        self._crew, self._parent, self.busy = crew, parent, False

    def run(self, job_id: str) -> Ended:
        if self.busy:
            return Ended("isolated: another runs")
        self.busy = True
        try:
            child = self._crew.isolated(job_id, self._parent)
            while child.alive:
                self._crew.world.sleep(0.1)
        finally:
            self.busy = False
        return Ended("isolated: done")


class Crew:
    """Starts workers."""

    def __init__(self, server: Server, settings: Settings, checker: Checker, threads: int, *, hooks: bool) -> None:
        """Start none yet; each will have so many threads, and two more if there are webhooks."""
        self.world: World = server.world
        self._server, self._settings, self._checker, self._threads = server, settings, checker, threads
        self._started, self._hooks = 0, hooks

    def worker(self) -> Process:
        """A worker of the default settings: it takes both queues."""
        process, services = self._services("worker", None)
        reconciler = Reconciler(services, self._clock)
        return self.world.start(
            process,
            *[lambda: self._take(services)] * self._threads,
            self._every(RECONCILE_EVERY_S, reconciler.run),
            self._every(self._settings.lease_s / 4, lambda: self._renew(process, services)),
            *self._deliver(services),
        )

    def _deliver(self, services: Any) -> list[Callable[[], None]]:
        if not self._hooks:
            return []
        deliveries = Deliveries(self.world, services, self._settings, self._clock)
        return [self._every(WEBHOOKS_EVERY_S, deliveries.announce), deliveries.deliver]

    def isolated(self, job_id: str, parent: Process) -> Process:
        """A process for one job."""
        process, services = self._services("isolated", parent)

        def work() -> None:
            try:
                analyze_isolated_job(services, job_id)
            except MienError as error:
                self.world.say(f"{process.name}: {error}")
            process.alive = False

        renew = self._every(self._settings.lease_s / 4, lambda: self._renew(process, services))
        return self.world.start(process, work, renew)

    def _services(self, kind: str, parent: Process | None) -> tuple[Process, Any]:
        self._started += 1
        process = Process(f"{kind}-{self._started}", parent)
        process.renewed_at = self.world.server_now
        redis = self._server.client()
        jobs = JobStore(redis, self._settings)
        queue = _Queue(redis, jobs, self._settings)
        queue.checker = self._checker
        analyzer = Analyzer(self._work, lambda image: self._die(process, image))
        services = SimpleNamespace(
            name=process.name,
            settings=self._settings,
            analyzer=analyzer,
            networks=OneAnalyzer(analyzer),
            redis=redis,
            jobs=jobs,
            job_queue=queue,
            counters=PendingCounters(CounterStore(redis)),
            fleet=SimpleNamespace(threads=2 * self._threads),
            batch_images=0,
            leases=Leases(jobs, self._settings.job_time_limit_s, self._clock),
            isolated_jobs=_IsolatedJobs(self, process),
            photo_turns=Turns(0.005, self._clock),
            tracing=open_tracing(self._settings, "worker"),
        )
        self._checker.started(process)
        return process, services

    def _take(self, services: Any) -> None:
        """Take messages and do what they say, the more urgent queue first. They are not acknowledged."""
        while True:
            try:
                found = services.redis.lmpop(len(JOB_QUEUES), *JOB_QUEUES, direction="RIGHT")
            except RedisError:  # Celery connects anew
                self.world.sleep(1)
                continue
            if not found:
                self.world.sleep(self.world.random.choice(_ASK_EVERY_S))
                continue
            message = found[1][0]
            (queue,), *_ = json.loads(base64.b64decode(json.loads(message)["body"]))
            try:
                done = analyze_jobs(services, queue)
                self.world.say(f"{services.name}: {queue}: {done}")
            except MienError as error:  # a task that fails is logged, and the worker goes on
                self.world.say(f"{services.name}: {queue}: {error}")

    def _every(self, seconds: float, work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            while True:
                try:
                    work()
                except MienError as error:  # as workers.periodic.Periodic does
                    self.world.say(f"periodic: {error}")
                self.world.sleep(seconds)

        return run

    def _renew(self, process: Process, services: Any) -> None:
        begun = self.world.server_now
        renew_leases(services)
        process.renewed_at = begun

    def _work(self) -> None:
        chance = self.world.random
        self.world.sleep(chance.choice([0.004, 0.004, 0.03, 0.03, 0.5, 5.0]))

    def _die(self, process: Process, image: bytes) -> None:
        process.killer = image
        self.world.crash(process)

    def _clock(self) -> float:
        return self.world.now
