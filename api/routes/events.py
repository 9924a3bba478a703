"""Events of cameras, as they happen."""

import re
from typing import Final

from flask import Blueprint, Request, Response, request

from api.access.authentication import client_name
from api.access.streams import still_allowed, while_allowed
from api.http.connection import prepare_for_stream
from api.http.endpoint import (
    NO_BODY,
    SWITCHED,
    MessageSpec,
    Operation,
    Parameter,
    ResponseSpec,
    WebSocketSpec,
    endpoint,
)
from api.http.responses import NOT_STORED, HeldStream
from api.http.scopes import Scope
from api.live import events
from api.requests import query
from api.services import Services, current_services
from contracts.errors import BrokerUnavailable, CameraNotFound, MalformedRequest, NotFound, Overloaded, QuotaExceeded
from contracts.events import EventKind, EventResponse

blueprint = Blueprint("events", __name__)

_ID: Final = re.compile(r"\d{1,15}-\d{1,9}")
_MOST_BYTES: Final = 1_024
"""Of a message of a client, which is not listened to."""
_CAMERA: Final = Parameter(
    name="camera", location="query", schema={"type": "string"}, description=lambda _: "Default: all cameras."
)
_KIND: Final = Parameter(
    name="kind",
    location="query",
    schema={"type": "string"},
    description=lambda _: "Kinds, separated by commas, of `appeared`, `left`, `changed`, `camera_state`; default: all.",
)
_EVENT: Final = {
    "type": "string",
    "description": "Server-sent events: `id`, `event` (the kind), and `data`, the event as JSON.",
}


@blueprint.get("/v1/events")
@endpoint(
    scope=Scope.LIVE,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="followCameras",
        summary="What happens before cameras, as server-sent events or over a WebSocket",
        tag="cameras",
        responses={
            101: SWITCHED,
            200: ResponseSpec("Events from now on, or after `Last-Event-ID`.", _EVENT, "text/event-stream"),
        },
        errors=(BrokerUnavailable, CameraNotFound, MalformedRequest, NotFound, Overloaded, QuotaExceeded),
        parameters=(_CAMERA, _KIND, query.LAST_EVENT_ID, query.TOKEN),
        websocket=WebSocketSpec(server=(MessageSpec("An event.", EventResponse),)),
    ),
)
def follow_cameras() -> Response:
    """Events as they happen; over a WebSocket if the client asks for one."""
    services = current_services()
    if not services.settings.events_s:
        raise NotFound("No events of cameras are kept here; MIEN_EVENTS_S says for how long they are.")
    wish = events.Wish(_after(request), _camera(request, services), _kinds(request))
    if wish.after == "":
        wish = wish._replace(after=services.events.newest())
    teller = events.Teller(services.event_hub, wish, faces_only=services.settings.faces_only)
    leave = services.waits.acquire(1, client_name())
    if request.headers.get("Upgrade", "").lower() == "websocket":
        return services.websockets.accept(
            request,
            lambda socket: events.speak(teller, socket),
            max_bytes=_MOST_BYTES,
            allowed=still_allowed(services.api_keys),
            on_end=leave,
        )
    prepare_for_stream(request.environ)
    told = events.stream(teller, lambda: services.waiting.closed)
    stream = HeldStream(while_allowed(told, services.api_keys), leave)
    headers = NOT_STORED | {"X-Accel-Buffering": "no"}
    return Response(stream, headers=headers, mimetype="text/event-stream")


def _camera(given: Request, services: Services) -> str | None:
    """The camera that is asked for; None: all."""
    asked = given.args.get("camera")
    if not asked:
        return None
    name = query.camera_name(asked)
    if not services.frames.known(name):
        raise CameraNotFound("No camera of this name is known.", field="camera")
    return name


def _after(given: Request) -> str:
    """The id of the last event that the client knows; empty: none."""
    known = given.headers.get("Last-Event-ID", "")
    if known and not _ID.fullmatch(known):
        raise MalformedRequest(
            "That is no id of an event; leave the header out to hear what is new.", field="Last-Event-ID"
        )
    return known


def _kinds(given: Request) -> frozenset[EventKind]:
    asked = [name for name in given.args.get("kind", "").split(",") if name]
    names = [kind.value for kind in EventKind]
    if not set(asked) <= set(names):
        raise MalformedRequest(f'"kind" takes {", ".join(names)}, separated by commas.', field="kind")
    return frozenset(map(EventKind, asked)) or frozenset(EventKind)
