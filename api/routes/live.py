"""All cameras that a viewer looks at, over one WebSocket."""

from flask import Blueprint, Response, request

from api.access.authentication import client_name
from api.access.streams import still_allowed
from api.http.endpoint import NO_BODY, SWITCHED, MessageSpec, Operation, WebSocketSpec, endpoint
from api.http.scopes import Scope
from api.http.websockets import check_upgrade
from api.live.header import LiveHeader
from api.live.viewing import Viewing
from api.live.wishes import MOST_BYTES, ClientMessage
from api.services import current_services
from contracts.errors import Overloaded, QuotaExceeded

blueprint = Blueprint("live", __name__)


@blueprint.get("/v1/live")
@endpoint(
    scope=Scope.LIVE,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="watchCameras",
        summary="All cameras that are looked at, over one WebSocket: pictures with the faces of exactly that frame",
        tag="cameras",
        responses={101: SWITCHED},
        errors=(Overloaded, QuotaExceeded),
        websocket=WebSocketSpec(
            client=(MessageSpec("What is looked at, and what has been drawn.", ClientMessage),),
            server=(
                MessageSpec(
                    "Four bytes, big-endian: the length of the header; the header; the JPEG, or nothing.", None
                ),
                MessageSpec("The header, as JSON within that message.", LiveHeader),
            ),
        ),
    ),
)
def live() -> Response:
    """A viewers' WebSocket; each camera that is looked at counts as a viewer."""
    check_upgrade(request)
    services, client = current_services(), client_name()
    services.viewers.check(1, client)
    viewing = Viewing(services.video, lambda: services.viewers.acquire(1, client))
    return services.websockets.accept(
        request, viewing.run, max_bytes=MOST_BYTES, allowed=still_allowed(services.api_keys)
    )
