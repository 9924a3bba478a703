"""Three questions, each for somebody else: does the process answer, should it get requests, is the system whole?

``/livez`` (``/ping``) is for who restarts processes, ``/readyz`` for who sends them requests: neither asks another
process, so that no fault of Redis or of the workers takes all gateways away at once. ``/healthz`` is for people, alarms
and whatever waits until everything works.
"""

from typing import Final, Literal

from flask import Blueprint, Response
from pydantic import Field
from redis import Redis

from api.http.endpoint import NO_BODY, PUBLIC, Operation, ResponseSpec, endpoint
from api.http.responses import json_response
from api.services import Services, current_services
from contracts.errors import BrokerUnavailable, NotReady
from contracts.results import NO_MODEL, Message
from contracts.storage.connections import check_connection
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.server_health import is_primary

blueprint = Blueprint("health", __name__)

_OK: Final = "ok"


class Alive(Message):
    """The process answers."""

    status: Literal["ok"] = _OK


class Ready(Message):
    """The process takes requests."""

    status: Literal["ready"] = "ready"


class Whole(Message):
    """All parts of the system do their work."""

    status: Literal["ready"] = "ready"
    checks: dict[str, str] = Field(description="Each part that is needed, with `ok`.")


@blueprint.get("/ping")
@endpoint(
    scope=PUBLIC,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="ping", summary="Does the process answer?", tag="operation", responses={200: ResponseSpec("It does.", Alive)}
    ),
)
def ping() -> Response:
    """The process answers; it says nothing of the parts behind it."""
    return json_response(Alive())


@blueprint.get("/livez")
@endpoint(
    scope=PUBLIC,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="livez", summary="The same", tag="operation", responses={200: ResponseSpec("It does.", Alive)}
    ),
)
def livez() -> Response:
    """The same, by the name that orchestrators ask for."""
    return json_response(Alive())


@blueprint.get("/readyz")
@endpoint(
    scope=PUBLIC,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="readyz",
        summary="Should this process get requests?",
        tag="operation",
        responses={200: ResponseSpec("It should.", Ready)},
        errors=(NotReady,),
    ),
)
def ready() -> Response:
    """Whether this process takes requests: until it is told to end.

    Without a worker it does: jobs wait for one. While Redis is away it does, too: each request is told so at once,
    which no other gateway could do better.
    """
    if current_services().draining:
        raise NotReady("This gateway is about to end; another one answers.", checks={"gateway": "is about to end"})
    return json_response(Ready())


@blueprint.get("/healthz")
@endpoint(
    scope=PUBLIC,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="healthz",
        summary="Would a photo sent now be analysed?",
        tag="operation",
        responses={200: ResponseSpec("It would.", Whole)},
        errors=(NotReady,),
    ),
)
def whole() -> Response:
    """Whether a photo sent now would be analysed; if not, why not."""
    checks = _checks(current_services())
    if all(verdict == _OK for verdict in checks.values()):
        return json_response(Whole(checks=checks))
    reasons = "; ".join(f"{part}: {verdict}" for part, verdict in checks.items() if verdict != _OK)
    raise NotReady(f"Not ready ({reasons}).", checks=checks)


def _checks(services: Services) -> dict[str, str]:
    checks = {}
    try:
        services.broker_watch.check()
        checks["broker"] = _server(services.probe)
        checks["workers"] = _workers(services.heartbeats, faces_only=services.settings.faces_only)
    except BrokerUnavailable as error:
        checks["broker"] = str(error)
        checks["workers"] = "unknown while the broker does not answer"
    if services.frame_probe is services.probe:
        return checks | {"frames": checks["broker"]}
    try:
        checks["frames"] = _server(services.frame_probe)
    except BrokerUnavailable as error:
        checks["frames"] = str(error)
    return checks


def _server(probe: Redis) -> str:
    check_connection(probe)  # a server that cannot write its file refuses this, and tells of itself all the same
    return _OK if is_primary(probe) else "is a replica, which takes no jobs and no frames"


def _workers(heartbeats: HeartbeatStore, *, faces_only: bool) -> str:
    live = [worker for worker in heartbeats.live_workers() if worker.analyses]
    if not live:
        return "no worker has reported within the last seconds"
    reading = sum(worker.model != NO_MODEL for worker in live)
    if faces_only and reading:
        return f"{reading} of {len(live)} read emotions, which this gateway does not tell; set MIEN_FACES_ONLY for them"
    for queue, worker in heartbeats.untaken(live):
        return f"jobs wait in {queue}, and {worker}, which is idle, takes none"
    return _OK
