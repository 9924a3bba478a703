"""What the views work with: one set of connections and stores a process."""

from dataclasses import dataclass, field
from typing import Self, cast

from flask import current_app
from redis import Redis

from api.http.request_metrics import RequestCounter
from api.jobs.waiting import WaitingRoom
from api.live.broadcast import CameraHub
from api.overload.admission import Admission
from api.overload.concurrency import ConcurrencyLimiter
from contracts.settings import Settings
from contracts.storage.api_keys import ApiKeyStore
from contracts.storage.connections import connect
from contracts.storage.counters import CounterStore
from contracts.storage.dispatch import Dispatcher
from contracts.storage.frames import FrameStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.idempotency import IdempotencyStore
from contracts.storage.jobs import JobStore
from contracts.storage.webhooks import WebhookStore

_CONNECTIONS = 8
"""To Redis, for all requests of a process; thousands of waiting clients hold none."""

_STORING_S = 1.0
"""A gateway that would take longer than this to store a job has more to do than it can."""


@dataclass(frozen=True)
class Services:
    """The parts of a gateway process, wired once by `connect_services`."""

    settings: Settings
    redis: Redis
    frame_redis: Redis
    jobs: JobStore
    once: IdempotencyStore
    api_keys: ApiKeyStore
    webhooks: WebhookStore
    heartbeats: HeartbeatStore
    admission: Admission
    bodies: ConcurrencyLimiter
    storing: ConcurrencyLimiter
    frames: FrameStore
    dispatcher: Dispatcher
    waiting: WaitingRoom
    video: CameraHub
    counters: CounterStore
    requests: RequestCounter = field(default_factory=RequestCounter)

    @classmethod
    def connect(cls, settings: Settings) -> Self:
        """Wire everything. Nothing is sent to Redis yet, so a gateway starts before its broker does."""
        redis = connect(settings.redis_url, name="mien-gateway", max_connections=_CONNECTIONS)
        shared = settings.frame_redis_url == settings.redis_url
        frame_redis = redis if shared else connect(settings.frame_redis_url, name="mien-gateway")
        jobs, frames = JobStore(redis, settings), FrameStore(frame_redis, settings)
        counters, heartbeats = CounterStore(redis), HeartbeatStore(redis)
        return cls(
            settings=settings,
            redis=redis,
            frame_redis=frame_redis,
            jobs=jobs,
            once=IdempotencyStore(redis, settings),
            api_keys=ApiKeyStore(redis),
            webhooks=WebhookStore(redis),
            heartbeats=heartbeats,
            admission=Admission(settings, jobs, counters, heartbeats),
            bodies=ConcurrencyLimiter(settings.max_intake_bytes, "This gateway is reading too many requests"),
            storing=ConcurrencyLimiter(
                settings.max_intake_jobs, "This gateway is storing too many jobs", longest_s=_STORING_S
            ),
            frames=frames,
            dispatcher=Dispatcher(settings),
            waiting=WaitingRoom(settings, jobs),
            video=CameraHub(settings, frames),
            counters=counters,
        )

    def drain(self) -> None:
        """Send waiting clients home with what is known and end all streams; the process is about to stop."""
        self.waiting.close()
        self.video.close()

    def close(self) -> None:
        """Drain and let go of all connections."""
        self.drain()
        self.dispatcher.close()
        self.redis.close()
        self.frame_redis.close()


def services() -> Services:
    """The services of the application that handles the current request."""
    return cast(Services, current_app.extensions["mien"])
