"""What the views work with: one set of connections and stores a process."""

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import Final, cast

from flask import Flask, current_app
from redis import Redis

from api.access.authentication import client_name
from api.access.keys import ApiKeyStore
from api.access.live_tokens import LiveTokens
from api.access.rate_limits import count_images
from api.http.request_metrics import RequestMetrics
from api.http.websockets import WebSockets
from api.jobs.idempotency import IdempotencyStore
from api.jobs.submission import Submission
from api.jobs.waiting import WaitingRoom
from api.live.broadcast import CameraHub
from api.live.event_hub import EventHub
from api.live.ingest import Ingest
from api.metrics.system import SystemMetrics
from api.overload.admission import Admission, Stores
from api.overload.body_memory import BodyMemory
from api.overload.broker_watch import BrokerWatch
from api.overload.concurrency import ConcurrencyLimiter
from api.requests.pixels import MeasuredImages
from contracts.settings import Settings
from contracts.storage.cameras import CameraStatuses
from contracts.storage.connections import connect
from contracts.storage.counters import CounterStore
from contracts.storage.durability import DurableSteps
from contracts.storage.erasure import JobEraser
from contracts.storage.events import EventStore
from contracts.storage.frames import FrameStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.history import HistoryStore
from contracts.storage.jobs import JobStore
from contracts.storage.lanes import LaneStore
from contracts.storage.networks import NetworkStore
from contracts.storage.webhooks import WebhookStore
from contracts.tracing.loading import open_tracing
from contracts.tracing.spans import Tracing

_EXTENSION: Final = "mien"
_CONNECTIONS: Final = 8
"""To Redis, for all requests of a process; thousands of waiting clients hold none."""
_STORING: Final = 16
"""To Redis, for the storing of jobs, where it has to be confirmed by a disk or a replica."""
_CONNECTION_S: Final = 2.0
"""For so long a request waits for one of them: should Redis hang, not for those that found out."""
_PROBE_S: Final = 1.0
"""For so long a probe waits for an answer of Redis, as those do who ask for a probe's."""
_STORING_S: Final = 1.0
"""A gateway that would take longer than this to store a job has more to do than it can."""


@dataclass(frozen=True)
class Services:
    """The parts of a gateway process, wired once by `connect_services`."""

    settings: Settings
    redis: Redis
    storing: Redis
    """Of the broker, for steps that wait until what they wrote is safe."""
    frame_redis: Redis
    probe: Redis
    """Of the broker, for short questions that are given up after a second."""
    frame_probe: Redis
    broker_watch: BrokerWatch
    jobs: JobStore
    api_keys: ApiKeyStore
    live_tokens: LiveTokens
    webhooks: WebhookStore
    body_limiter: ConcurrencyLimiter
    body_memory: BodyMemory
    requests: ConcurrencyLimiter
    waits: ConcurrencyLimiter
    viewers: ConcurrencyLimiter
    senders: ConcurrencyLimiter
    store_limiter: ConcurrencyLimiter
    eraser: JobEraser
    submission: Submission
    frames: FrameStore
    history: HistoryStore
    events: EventStore
    event_hub: EventHub
    camera_statuses: CameraStatuses
    waiting: WaitingRoom
    video: CameraHub
    ingest: Ingest
    heartbeats: HeartbeatStore
    networks: NetworkStore
    lanes: LaneStore
    counters: CounterStore
    tracing: Tracing
    system_metrics: SystemMetrics
    request_metrics: RequestMetrics
    websockets: WebSockets = field(default_factory=WebSockets)
    _ending: threading.Event = field(default_factory=threading.Event)

    def attach(self, app: Flask) -> None:
        """Make these the services of an application."""
        app.extensions[_EXTENSION] = self

    def note_clients(self) -> None:
        """Let metrics know who is here: all processes of a gateway tell of each other's."""
        self.request_metrics.now(waiting=self.waiting.count, senders=self.senders.in_use, viewers=self.video.viewers())

    @property
    def draining(self) -> bool:
        """Whether the process is about to stop, and should get no further requests."""
        return self._ending.is_set()

    def leave(self) -> None:
        """Say of the process that it should get no further requests; those that come are served."""
        self._ending.set()

    def drain(self) -> None:
        """Answer waiting clients with what is known and end all streams; the process is about to stop."""
        self.leave()
        self.websockets.close()
        self.event_hub.close()
        self.waiting.close()
        self.video.close()

    def close(self) -> None:
        """Drain and close all connections."""
        self.drain()
        self.ingest.close()
        self.broker_watch.close()
        self.tracing.close()
        for client in (self.redis, self.storing, self.frame_redis, self.probe, self.frame_probe):
            client.close()


def connect_services(settings: Settings) -> Services:
    """Wire the parts of a gateway. Nothing is sent to Redis yet, so a gateway starts before its broker does."""
    redis = connect(settings.redis_url, name="mien-gateway", max_connections=_CONNECTIONS, connection_s=_CONNECTION_S)
    shared = settings.frame_redis_url == settings.redis_url
    probe = _probe(settings.redis_url)
    frame_redis = redis if shared else connect(settings.frame_redis_url, name="mien-gateway")
    storing = _storing(settings) or redis
    jobs, frames = JobStore(redis, settings, storing=storing, aside=probe), FrameStore(frame_redis, settings)
    api_keys = ApiKeyStore(redis)
    events = EventStore(frame_redis, settings)
    counters, heartbeats = CounterStore(redis), HeartbeatStore(redis)
    memory, requests, waits, viewers, senders = _limiters(settings)
    store_limiter = ConcurrencyLimiter(
        settings.max_intake_jobs,
        "This gateway is storing too many jobs",
        longest_s=_STORING_S,
        spare=settings.max_intake_jobs,
        setting="MIEN_MAX_INTAKE_JOBS",
    )
    request_metrics = RequestMetrics()
    admission = Admission(settings, jobs, counters, heartbeats)
    frame_probe = probe if shared else _probe(settings.frame_redis_url)
    return Services(
        settings=settings,
        redis=redis,
        storing=storing,
        frame_redis=frame_redis,
        probe=probe,
        frame_probe=frame_probe,
        broker_watch=BrokerWatch(probe),
        jobs=jobs,
        api_keys=api_keys,
        live_tokens=LiveTokens(redis, api_keys),
        webhooks=WebhookStore(redis, settings),
        eraser=JobEraser(redis, durable=DurableSteps(storing, settings.durability)),
        body_limiter=memory,
        store_limiter=store_limiter,
        body_memory=BodyMemory(settings, memory, store_limiter, client_name),
        requests=requests,
        waits=waits,
        viewers=viewers,
        senders=senders,
        submission=Submission(
            jobs,
            IdempotencyStore(redis, settings, aside=probe),
            admission,
            store_limiter,
            measure=lambda images: MeasuredImages(images, settings),
            count=count_images,
            metrics=request_metrics,
        ),
        frames=frames,
        history=HistoryStore(frame_redis),
        events=events,
        event_hub=EventHub(events, frames),
        camera_statuses=CameraStatuses(frame_redis),
        waiting=WaitingRoom(settings, jobs),
        video=CameraHub(settings, frames),
        ingest=Ingest(settings, frames, jobs, CameraStatuses(frame_redis)),
        heartbeats=HeartbeatStore(probe),
        networks=NetworkStore(probe),
        lanes=LaneStore(probe),
        counters=counters,
        tracing=open_tracing(settings, "gateway"),
        system_metrics=SystemMetrics(
            probe, frame_probe, partial(admission.predicted_wait_s, stores=_quick(settings, probe))
        ),
        request_metrics=request_metrics,
    )


def _storing(settings: Settings) -> Redis | None:
    """Connections that wait until a job is safe, beside those of all other requests; none where none waits."""
    if settings.durability == "everysec":
        return None
    return connect(
        settings.redis_url, name="mien-gateway-storing", max_connections=_STORING, connection_s=_CONNECTION_S
    )


def _quick(settings: Settings, probe: Redis) -> Stores:
    """The stores of who is to have an answer within a second or so, and none of a broker that hangs."""
    return Stores(JobStore(probe, settings), CounterStore(probe), HeartbeatStore(probe))


def _probe(url: str) -> Redis:
    return connect(url, name="mien-gateway-probe", max_connections=4, answer_s=_PROBE_S, connection_s=_PROBE_S)


def _limiters(settings: Settings) -> list[ConcurrencyLimiter]:
    """Bytes in memory, requests, those that wait for a job, viewers, senders: of each, a client has a share at most."""
    limits = (
        (settings.max_intake_bytes, "This gateway is reading too much", "MIEN_MAX_INTAKE_BYTES"),
        (settings.max_connections, "This gateway is serving too many requests", "MIEN_MAX_CONNECTIONS"),
        (settings.max_connections, "This gateway has too many requests that wait", "MIEN_MAX_CONNECTIONS"),
        (settings.max_viewers, "This gateway has too many viewers", "MIEN_MAX_VIEWERS"),
        (settings.max_senders, "Too many browsers send their camera to this gateway", "MIEN_MAX_SENDERS"),
    )
    return [
        ConcurrencyLimiter(limit, reason, share=settings.client_share, setting=name) for limit, reason, name in limits
    ]


def services_of(app: Flask) -> Services:
    """The services of an application."""
    return cast(Services, app.extensions[_EXTENSION])


def current_services() -> Services:
    """The services of the application that handles the current request."""
    return services_of(current_app)
