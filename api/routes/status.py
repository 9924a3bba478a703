"""How the whole system is, as JSON for the page on health: workers, queues, cameras."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from flask import Blueprint, Response
from pydantic import Field

from api.http.endpoint import NO_BODY, Operation, ResponseSpec, endpoint
from api.http.responses import NOT_STORED, json_response
from api.http.scopes import Scope
from api.live.cameras import CameraList, CameraResponse
from api.services import Services, current_services
from contracts.errors import BrokerUnavailable
from contracts.metrics import FRAMES_ANALYZED, FRAMES_STALE, IMAGES_DONE, parse_metric_key
from contracts.networks import NetworkRecord
from contracts.queues import QUEUES
from contracts.results import Message
from contracts.storage.following import State, served_by, shares, state_of
from contracts.storage.heartbeat import WorkerReport
from contracts.storage.lanes import Lanes
from contracts.storage.networks import PlanSeen

blueprint = Blueprint("status", __name__)


class WorkerStatus(Message):
    """A worker that has reported within the last seconds."""

    name: str
    threads: int
    detector: str
    model: str
    runtime: str
    queues: str
    age_s: float = Field(description="Seconds since it started.")
    idle_s: float = Field(description="For how many seconds a thread of it has been free without being given anything.")
    reported_s: float = Field(description="Seconds since it was heard of.")
    networks: dict[str, int] = Field(description="The networks that it answers with, and their weights.")
    networks_state: State = Field(
        description="What it does with the plan of networks: it works by it; it is `behind`, changing to it; it "
        "`failed` to load it and goes on with the one before; it is `unaware`, of a version that follows none; it "
        "reads no emotions."
    )
    networks_error: str = Field(description="Why it does not serve the plan; empty: nothing is wrong.")
    device: str = Field(description="The GPU that it computes on, as `GPU 0: NVIDIA H200`; empty: the CPU.")
    backend: str = Field(description="What Keras computes with (`KERAS_BACKEND`); empty with another runtime.")


class NetworksStatus(Message):
    """Which networks answer."""

    shares: dict[str, float] = Field(description="Part of the workers' threads that answers with each network.")
    source: Literal["set", "MIEN_MODEL"] = Field(description="Whether a plan is set, or workers' settings hold.")
    set_at: float | None = Field(description="When the plan was set, seconds since 1970; null: none, or unreadable.")
    change: str = Field(description="What was done to it last.")
    bound_keys: int | None = Field(description="API keys that are bound to a network; null: the plan cannot be read.")
    shadow: str | None = Field(description="The network that is only tried.")
    shadow_share: float | None = Field(description="Part of the images that it reads; null: the plan cannot be read.")
    unreadable: str = Field(
        description="Why the plan that is set cannot be read: it is damaged, or of a newer version. Workers that "
        "cannot read it either go on with the one before. Empty: nothing is wrong."
    )


class QueueStatus(Message):
    """A queue."""

    name: str
    waiting: int = Field(description="Jobs, or messages, that wait in it.")
    oldest_s: float | None = Field(description="Seconds that the oldest job waits; null without one, or without times.")
    paused_s: float | None = Field(description="Seconds since an operator has paused it; null if it is not paused.")


class CameraHealth(CameraResponse):
    """A camera of the last hour, and what became of its frames."""

    analyzed: int = Field(description="Frames analysed since counting began.")
    dropped: int = Field(description="Frames skipped because a newer one had been analysed.")
    viewers: int = Field(description="Of this gateway process.")


class SystemStatus(Message):
    """The whole system at a moment."""

    workers: list[WorkerStatus]
    networks: NetworksStatus
    queues: list[QueueStatus]
    cameras: list[CameraHealth]
    drained_s: float | None = Field(description="Seconds since an operator had no more jobs accepted; null: they are.")
    images_done: dict[str, int] = Field(description="Images of jobs that workers are done with, by queue.")


_AS_REPORTED: Final = {"name", "threads", "detector", "model", "runtime", "queues", "idle_s", "device", "backend"}


@blueprint.get("/v1/status")
@endpoint(
    scope=Scope.OPERATE,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="getStatus",
        summary="Workers, queues and cameras at this moment",
        tag="operation",
        responses={200: ResponseSpec("What the page on health shows.", SystemStatus)},
        errors=(BrokerUnavailable,),
    ),
)
def status() -> Response:
    """Everything, as of now."""
    services = current_services()
    counted = _by_label(services.counters.read())
    lanes, now = services.lanes.read(), services.heartbeats.now()
    workers, plan = services.heartbeats.live_workers(), services.networks.look()
    answer = SystemStatus(
        workers=_workers(workers, plan.record, now),
        networks=_networks(workers, plan),
        queues=_queues(services, lanes, now),
        cameras=_cameras(services, counted),
        drained_s=None if lanes.drained_at is None else max(0.0, now - lanes.drained_at),
        images_done={queue: int(count) for queue, count in counted[IMAGES_DONE].items()},
    )
    return json_response(answer, headers=NOT_STORED)


def _workers(workers: Sequence[WorkerReport], record: NetworkRecord | None, now: float) -> list[WorkerStatus]:
    return [
        WorkerStatus(
            **worker.model_dump(include=_AS_REPORTED),
            age_s=max(0.0, now - worker.started_at),
            reported_s=max(0.0, now - worker.reported_at),
            networks=served_by(worker),
            networks_state=state_of(worker, record),
            networks_error=worker.network_error,
        )
        for worker in workers
    ]


def _networks(workers: Sequence[WorkerReport], plan: PlanSeen) -> NetworksStatus:
    if plan.record is None:
        return NetworksStatus(
            shares=shares(workers),
            source="set",
            set_at=None,
            change="",
            bound_keys=None,
            shadow=None,
            shadow_share=None,
            unreadable=plan.unreadable,
        )
    record, shadow = plan.record, plan.record.plan.shadow
    return NetworksStatus(
        shares=shares(workers),
        source=record.source,
        set_at=record.set_at or None,
        change=record.change,
        bound_keys=len(record.plan.keys),
        shadow=shadow.network if shadow else None,
        shadow_share=shadow.share if shadow else 0.0,
        unreadable="",
    )


def _queues(services: Services, lanes: Lanes, now: float) -> list[QueueStatus]:
    oldest = services.heartbeats.oldest_s()
    return [
        QueueStatus(
            name=name,
            waiting=services.jobs.queue_depth(name),
            oldest_s=oldest.get(name),
            paused_s=max(0.0, now - lanes.paused[name]) if name in lanes.paused else None,
        )
        for name in QUEUES
    ]


def _cameras(services: Services, counted: Mapping[str, Mapping[str, float]]) -> list[CameraHealth]:
    viewers = services.video.viewers()
    return [
        CameraHealth(
            **camera.model_dump(),
            analyzed=int(counted[FRAMES_ANALYZED].get(camera.name, 0)),
            dropped=int(counted[FRAMES_STALE].get(camera.name, 0)),
            viewers=viewers.get(camera.name, 0),
        )
        for camera in CameraList.read(services.frames, services.camera_statuses).cameras
    ]


def _by_label(counters: Mapping[str, float]) -> Mapping[str, Mapping[str, float]]:
    """Counters that have one label: name → value of the label → count."""
    found = defaultdict[str, dict[str, float]](dict)
    for field, count in counters.items():
        name, labels = parse_metric_key(field)
        if len(labels) == 1:
            found[name][next(iter(labels.values()))] = count
    return found
