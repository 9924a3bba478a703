"""Work that a worker does every few seconds, beside its tasks."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Self

from contracts import metrics
from contracts.errors import AnalysisFailed, MienError
from contracts.jobs import JOB_VERSION, Problem
from contracts.logs import log_context
from contracts.process import project_version
from contracts.queues import BULK, WEBHOOKS
from contracts.storage.dispatch import Dispatcher
from contracts.storage.heartbeat import REPORT_EVERY_S, WorkerReport
from workers.attention import connect_if_deaf
from workers.event_webhook import SEND_EVERY_S
from workers.gpus.device import READ_EVERY_S
from workers.observer import OBSERVE_EVERY_S, Observer
from workers.resources import taken
from workers.services import Services

logger = logging.getLogger(__name__)

RECONCILE_EVERY_S: Final = 3.0
WEBHOOKS_EVERY_S: Final = 1.0
COUNT_EVERY_S: Final = 1.0
COMPACT_EVERY_S: Final = 5.0
NETWORKS_EVERY_S: Final = 1.0
FORGET_EVERY_S: Final = 60.0
EXIT_STUCK: Final = 70
"""Exit status of a worker with a stuck job (``EX_SOFTWARE``); a supervisor starts a fresh one."""


class Periodic:
    """A daemon thread that calls `work` every `seconds`, whatever happens in it."""

    def __init__(self, name: str, seconds: float, work: Callable[[], object]) -> None:
        """Prepare the thread; `name` is its name, and stands in log lines."""
        self._seconds = seconds
        self._work = work
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Call `work` at once, and again and again."""
        self._thread.start()

    def stop(self) -> None:
        """Stop calling; returns when a call under way has ended."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> Self:
        """Start, until the block ends."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _run(self) -> None:
        told = ""
        while True:
            try:
                self._work()
                told = ""
            except MienError as error:  # Redis is away: say so, once, and try again
                if told != str(error):
                    logger.warning("%s: %s", self._thread.name, error)
                told = str(error)
            except Exception:
                logger.exception("%s failed", self._thread.name)
            if self._stopped.wait(self._seconds):
                return


class Reconciler:
    """Puts jobs back into their queues whose worker died, and sends messages where none are left."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        """Look at the jobs of these services; `clock` gives seconds, and never goes back."""
        self._services, self._clock = services, clock
        self._away_at = float("-inf")
        """When Redis was away last."""

    def run(self) -> int:
        """Look once. After an outage of Redis no job is taken from anybody for a lease: none could be renewed.

        Returns:
            How many jobs were put back.

        Raises:
            BrokerUnavailable: Redis is away.
        """
        try:
            self._services.jobs.annotated_images.forget_expired()  # those that have expired count no more
            was_away = self._clock() < self._away_at + self._services.settings.lease_s
            limit = {"limit": 0} if was_away else {}
            overdue = self._services.jobs.overdue(**limit, sent=self._count_sent)
        except MienError:
            self._away_at = self._clock()
            raise
        for job_id, queue in overdue:
            with log_context(job_id=job_id):
                logger.warning("job %s is put back into the queue %s: its worker died", job_id, queue)
        if overdue:
            self._services.counters.add({metrics.JOBS_RETRIED: len(overdue)})
        return len(overdue)

    def _count_sent(self, messages: int) -> None:
        if messages:
            self._services.counters.add({metrics.WAKEUPS_SENT: messages})


def renew_leases(services: Services) -> None:
    """Prolong the leases of running jobs; end this process if one of them is stuck, or if a batch does not go on."""
    stuck = services.leases.stuck()  # looked at first: Redis may be away, and that must not hide it
    hangs = services.leases.hangs()
    if stuck:
        logger.critical("jobs %s are stuck; this worker exits so that a fresh one takes over", ", ".join(stuck))
        _fail(services, stuck)
    if hangs:
        logger.critical("a batch does not go on; this worker exits, and its jobs are tried again one by one")
    if stuck or hangs:
        os._exit(EXIT_STUCK)
    services.leases.renew()


def _fail(services: Services, stuck: Mapping[str, str]) -> None:
    """End jobs that took too long: a second try would take as long, and another worker with it."""
    limit_s = services.settings.job_time_limit_s
    too_long = AnalysisFailed(f"The analysis took longer than {limit_s:g} s (MIEN_JOB_TIME_LIMIT_S).")
    for job_id, owner in stuck.items():
        try:
            services.jobs.finish(job_id, owner, [], Problem.of(too_long))
        except MienError as error:
            with log_context(job_id=job_id):
                logger.warning("job %s will be tried again, although it took too long: %s", job_id, error)


def report_heartbeat(services: Services) -> None:
    """Say that this worker is alive and what it runs.

    Raises:
        BrokerUnavailable: Redis is away, or refuses writes. It gives no work then either, so that to be idle tells
            nothing: that is counted anew.
    """
    settings, networks = services.settings, services.networks.report
    report = WorkerReport(
        name=services.name,
        pid=os.getpid(),
        host=os.uname().nodename,
        threads=settings.worker_threads,
        detector=services.analyzer.detector_name,
        model=services.networks.main_name,
        runtime=settings.runtime,
        started_at=services.started_at,
        reported_at=time.time(),
        queues=settings.worker_queues,
        idle_s=services.attention.idle_s,
        job_version=JOB_VERSION,
        version=project_version(),
        **taken(),
        plan_epoch=networks.plan_epoch,
        serves=networks.serves,
        offers=networks.offers,
        network_error=networks.error,
        failed_epoch=networks.failed_epoch,
        batch_images=services.batch_images,
        passes_over=[BULK] if services.batch_images and services.bulk_places.full else [],
        device=services.device.name,
        backend=services.device.backend,
        gpu=services.device.gpu,
    )
    try:
        services.heartbeats.report(report)
    except MienError:
        services.attention.begin()
        raise
    services.fleet.refresh()


def follow_networks(services: Services) -> None:
    """Change to the plan of networks that is set, and say so at once: somebody waits for that.

    Raises:
        BrokerUnavailable: Redis is away; the plan that is known stays.
    """
    if services.networks.follow():
        report_heartbeat(services)


def _webhook_parts(services: Services, dispatcher: Dispatcher) -> list[Periodic]:
    """What workers of the queue `webhooks` do alone: if others announced, messages would wait that nobody takes."""
    settings, announce = services.settings, services.webhook_sender.announce
    if WEBHOOKS not in settings.worker_queues.split(","):
        return []
    parts = [Periodic("webhooks", WEBHOOKS_EVERY_S, lambda: announce(dispatcher))]
    if settings.events_s and settings.events_webhook:
        parts.append(Periodic("webhook of events", SEND_EVERY_S, services.event_webhook.run))
    return parts


class PeriodicTasks:
    """All periodic work of one worker: begins when it is ready for messages, ends before it exits."""

    def __init__(self, services: Services, dispatcher: Dispatcher) -> None:
        """Prepare all threads; none runs yet."""
        self._services = services
        self._parts = [
            Periodic("leases", services.settings.lease_s / 4, lambda: renew_leases(services)),
            Periodic("heartbeat", REPORT_EVERY_S, lambda: report_heartbeat(services)),
            Periodic("networks", NETWORKS_EVERY_S, lambda: follow_networks(services)),
            Periodic("reconciler", RECONCILE_EVERY_S, Reconciler(services).run),
            Periodic("observer", OBSERVE_EVERY_S, Observer(services).run),
            Periodic("counters", COUNT_EVERY_S, services.flush_counts),
            Periodic("compaction", COMPACT_EVERY_S, services.compaction.run),
            Periodic("webhooks of old", FORGET_EVERY_S, services.webhook_sender.forget_gone),
            *_webhook_parts(services, dispatcher),
            *([Periodic("GPU", READ_EVERY_S, services.device.read)] if services.device.is_read else []),
        ]

    def start(self, connect_anew: Callable[[], None], when_connected: Callable[[Callable[[], None]], None]) -> None:
        """Start all parts.

        Args:
            connect_anew: replaces the connection over which messages come.
            when_connected: is given what to call at each new connection: the worker was given nothing until then.
        """
        services, attention = self._services, self._services.attention
        attention.begin()
        when_connected(attention.begin)
        listen = partial(connect_if_deaf, attention, services.heartbeats, services.name, connect_anew)
        self._parts.append(Periodic("attention", REPORT_EVERY_S, listen))
        for part in self._parts:
            part.start()

    def stop(self) -> None:
        """Stop all parts, and let this worker not be counted any more."""
        for part in self._parts:
            part.stop()
        try:
            self._services.heartbeats.remove(self._services.name)
        except MienError as error:
            logger.warning("this worker is counted until it is forgotten: %s", error)
