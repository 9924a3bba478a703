"""What tasks work with: built once a process, before the first message is taken."""

import logging
import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, cast

from redis import Redis

from contracts.addresses import AddressPolicy
from contracts.errors import MienError
from contracts.metrics import SPANS, metric_key
from contracts.queues import INTERACTIVE, LIVE, analyses
from contracts.results import NO_MODEL
from contracts.settings import Settings
from contracts.storage.cameras import CameraStatuses
from contracts.storage.compaction import FileCompaction
from contracts.storage.connections import connect
from contracts.storage.counters import CounterStore
from contracts.storage.events import EventStore
from contracts.storage.frames import FrameStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.history import HistoryStore
from contracts.storage.job_queue import JobQueue
from contracts.storage.jobs import JobStore
from contracts.storage.lanes import LivePause
from contracts.storage.networks import NetworkStore
from contracts.storage.webhooks import WebhookStore
from contracts.tracing.loading import open_tracing
from contracts.tracing.spans import Tracing
from workers.attention import Attention
from workers.event_webhook import EventWebhook
from workers.fleet import Fleet
from workers.gpus.device import Device, number_by_bus
from workers.isolated_jobs import IsolatedJobs
from workers.leases import Leases
from workers.metrics import PendingCounters
from workers.networks import Networks, acceleration, first_network
from workers.places import Places
from workers.shadow import ShadowReader
from workers.turns import Turns
from workers.webhooks import WebhookSender

if TYPE_CHECKING:
    from models import Analyzer

logger = logging.getLogger(__name__)

PHOTOS_EVERY_S: Final = 0.005
"""Looking for a photo that waits costs a tenth of what an image costs; it waits for one to end as long, or longer."""
_OTHER_CONNECTIONS: Final = 6
"""Beside one a thread of the pool: for periodic work and for sending webhooks."""


@dataclass(frozen=True)
class Services:
    """One worker process's models and stores. Everything in here may be used by several threads."""

    name: str
    """Unique among all workers, also over restarts."""
    settings: Settings
    analyzer: "Analyzer"
    """Decodes, detects; which network reads the expressions `networks` says."""
    networks: Networks
    device: Device
    """What it computes on."""
    redis: Redis
    frame_redis: Redis
    jobs: JobStore
    job_queue: JobQueue
    frames: FrameStore
    history: HistoryStore
    events: EventStore
    event_webhook: EventWebhook
    camera_statuses: CameraStatuses
    counters: PendingCounters
    heartbeats: HeartbeatStore
    fleet: Fleet
    attention: Attention
    leases: Leases
    isolated_jobs: IsolatedJobs
    shadow: ShadowReader
    bulk_places: Places
    """Threads that may work on batches that nobody waits for."""
    photo_turns: Turns
    """To look for a photo that waits, between the images of larger jobs."""
    live_pause: LivePause
    webhook_sender: WebhookSender
    compaction: FileCompaction
    tracing: Tracing
    started_at: float
    """Seconds since 1970."""

    @property
    def batch_images(self) -> int:
        """Images that the analyzer takes best at once; 0: it takes one after the other."""
        if not analyses(self.settings.worker_queues):
            return 0
        from models.batching import BatchAnalyzer

        return self.analyzer.largest_batch if isinstance(self.analyzer, BatchAnalyzer) else 0

    def flush_counts(self) -> None:
        """Send what was counted, spans included.

        Raises:
            BrokerUnavailable: it stays here, for the next time.
        """
        spans = self.tracing.take_counts()
        self.counters.add({metric_key(SPANS, outcome=outcome): float(count) for outcome, count in spans.items()})
        self.counters.flush()

    def close(self) -> None:
        """Finish the webhooks that are being sent, send what was counted, and close all connections."""
        self.shadow.close()
        self.webhook_sender.close()
        self.tracing.close()
        try:
            self.flush_counts()
        except MienError as error:
            logger.warning("what this worker did last is not counted: %s", error)
        self.redis.close()
        self.frame_redis.close()


def build_services(settings: Settings, find_device: Callable[[Settings], Device] = lambda _: Device()) -> Services:
    """Load the models and connect the stores.

    Args:
        settings: of the worker.
        find_device: tells what it computes on; who reports nothing does not ask.

    Raises:
        ConfigurationError: a model cannot be loaded as it is configured.
    """
    number_by_bus()
    analyzer = load_models(settings)
    services = connect_services(settings, analyzer, find_device(settings))
    services.networks.load_own()
    return services


class NoAnalyzer:
    """In an analyzer's place in a worker that takes webhooks alone: neither networks nor OpenCV are loaded for it."""

    detector_name: Final = NO_MODEL
    model_name: Final = NO_MODEL

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(f"This worker takes webhooks alone and analyses nothing; {name} was asked for.")


def load_models(settings: Settings) -> "Analyzer":
    """Load the models and run them, so that the first job is as fast as the next; of several networks the first.

    Of a worker that takes webhooks alone there are none.

    Raises:
        ConfigurationError: a model cannot be loaded as it is configured.
    """
    if not analyses(settings.worker_queues):
        return cast("Analyzer", NoAnalyzer())
    from models import load_analyzer

    analyzer = load_analyzer(
        detector=settings.detector,
        model=first_network(settings),
        runtime=settings.runtime,
        max_pixels=settings.max_pixels,
        yunet_file=settings.yunet_file,
        effort=settings.detection_effort,
        isolated=True,
        faces_only=settings.faces_only,
        labels=settings.labels,
        acceleration=acceleration(settings),
    )
    analyzer.warm_up()
    return analyzer


def connect_services(settings: Settings, analyzer: "Analyzer", device: Device | None = None) -> Services:
    """Wire models and stores; nothing is sent to Redis yet. Without a device the worker computes on the CPU."""
    device = device or Device()
    name = f"{socket.gethostname().split('.')[0]}-{os.getpid()}-{secrets.token_hex(2)}{device.suffix}"
    client_name, connections = f"mien-worker-{name}", settings.worker_threads + _OTHER_CONNECTIONS
    redis = connect(settings.redis_url, name=client_name, max_connections=connections)
    frame_redis = (
        redis
        if settings.frame_redis_url == settings.redis_url
        else connect(settings.frame_redis_url, name=client_name, max_connections=connections)
    )
    jobs, heartbeats = JobStore(redis, settings), HeartbeatStore(redis)
    webhooks, policy = WebhookStore(redis, settings), AddressPolicy(settings.webhook_networks)
    events, counters = EventStore(frame_redis, settings), PendingCounters(CounterStore(redis))
    attention, bulk_places = Attention(settings.worker_threads), _bulk_places(settings)
    tracing = open_tracing(settings, "worker")
    return Services(
        name=name,
        settings=settings,
        analyzer=analyzer,
        networks=Networks(analyzer, settings, NetworkStore(redis)),
        device=device,
        redis=redis,
        frame_redis=frame_redis,
        jobs=jobs,
        job_queue=JobQueue(redis, jobs, settings),
        frames=FrameStore(frame_redis, settings),
        history=HistoryStore(frame_redis),
        events=events,
        event_webhook=EventWebhook(name, events, webhooks, heartbeats, policy=policy, settings=settings),
        camera_statuses=CameraStatuses(frame_redis),
        counters=counters,
        heartbeats=heartbeats,
        fleet=Fleet(heartbeats, settings.worker_threads),
        attention=attention,
        leases=Leases(jobs, settings.job_time_limit_s),
        isolated_jobs=IsolatedJobs(settings.job_time_limit_s),
        shadow=ShadowReader(counters, lambda: has_time(attention, bulk_places, jobs)),
        bulk_places=bulk_places,
        photo_turns=Turns(PHOTOS_EVERY_S),
        live_pause=LivePause(redis),
        webhook_sender=WebhookSender(
            jobs,
            webhooks,
            policy,
            webhooks.clock,
            faces_only=settings.faces_only,
            tracing=tracing,
            count=counters.add,
        ),
        compaction=FileCompaction(redis),
        tracing=tracing,
        started_at=time.time(),
    )


def has_time(attention: Attention, bulk_places: Places, jobs: JobStore) -> bool:
    """Whether a thread has nothing to do, and not because it is left for what is waited for.

    Raises:
        BrokerUnavailable: Redis does not tell whether somebody waits.
    """
    return attention.is_free and not bulk_places.full and not jobs.queue_depth(INTERACTIVE)


def _bulk_places(settings: Settings) -> Places:
    """All threads but one, which is left for what is waited for, where this worker takes such work at all."""
    spared = not {INTERACTIVE, LIVE}.isdisjoint(settings.worker_queues.split(","))
    return Places(settings.worker_threads - spared)
