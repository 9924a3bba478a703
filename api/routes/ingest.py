"""Browsers as cameras: pictures in over a WebSocket, what was read in them out."""

from functools import partial

from flask import Blueprint, Response, request

from api.access.authentication import client_name
from api.access.rate_limits import picture_allowance
from api.access.streams import still_allowed
from api.http.endpoint import NO_BODY, SWITCHED, MessageSpec, Operation, WebSocketSpec, endpoint
from api.http.scopes import Scope
from api.http.websockets import check_upgrade
from api.live.ingest import MAX_BYTES
from api.live.ingest_messages import IngestDropped, IngestReady, IngestResult
from api.requests import query
from api.services import current_services
from contracts.errors import BrokerUnavailable, CameraNotFound, CameraTaken, Overloaded, QuotaExceeded

blueprint = Blueprint("ingest", __name__)


@blueprint.get("/v1/cameras/<name>/ingest")
@endpoint(
    scope=Scope.ANALYZE,
    owned=False,
    rate_limited=True,
    body=NO_BODY,
    operation=Operation(
        id="sendCamera",
        summary="Send this device's camera over a WebSocket; asked plainly, the address says why it cannot be had",
        tag="cameras",
        responses={101: SWITCHED},
        errors=(CameraNotFound, CameraTaken, BrokerUnavailable, Overloaded, QuotaExceeded),
        parameters=(query.CAMERA_NAME, query.TOKEN),
        websocket=WebSocketSpec(
            client=(MessageSpec("A picture, as a baseline JPEG; the first one has the number one."),),
            server=(
                MessageSpec("Once, first.", IngestReady),
                MessageSpec("Of a picture, or", IngestResult),
                MessageSpec("why there is no result.", IngestDropped),
            ),
        ),
    ),
)
def ingest(name: str) -> Response:
    """Take the name and the connection; what is wrong with either is said before, also to a plain request."""
    services = current_services()
    camera = services.ingest.cameras.find(name)
    services.ingest.check_free(name)
    services.senders.check(1, client_name())
    check_upgrade(request)
    leave = services.senders.acquire(1, client_name())
    try:
        held = services.ingest.hold(camera)
    except BaseException:
        leave()
        raise

    def end() -> None:
        held.leave()
        leave()

    serve = partial(services.ingest.serve, name=held, allow=picture_allowance())
    allowed = still_allowed(services.api_keys)
    return services.websockets.accept(request, serve, max_bytes=MAX_BYTES, allowed=allowed, on_end=end)
