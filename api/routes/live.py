"""All cameras that a viewer looks at, over one WebSocket."""

from flask import Blueprint, Response, request
from pydantic import Field

from api.access.authentication import client_name, current_key, key_id
from api.access.streams import still_allowed
from api.http.endpoint import NO_BODY, SWITCHED, MessageSpec, Operation, ResponseSpec, WebSocketSpec, endpoint
from api.http.responses import NOT_STORED, json_response
from api.http.scopes import Scope
from api.http.websockets import check_upgrade
from api.live.header import LiveHeader
from api.live.viewing import Viewing
from api.live.wishes import MOST_BYTES, ClientMessage
from api.requests import query
from api.services import current_services
from contracts.errors import BrokerUnavailable, Forbidden, MalformedRequest, Overloaded, QuotaExceeded
from contracts.results import Message

blueprint = Blueprint("live", __name__)


class LiveTokenResponse(Message):
    """A token that stands for the key of the request."""

    token: str
    expires_at: float = Field(description="Seconds since 1970, UTC. What it has opened by then stays open.")


@blueprint.post("/v1/live/token")
@endpoint(
    scope=Scope.LIVE,
    owned=False,
    rate_limited=True,
    body=NO_BODY,
    operation=Operation(
        id="createLiveToken",
        summary="A token for streams, for a minute or two: for what cannot send a key in a header",
        tag="cameras",
        responses={200: ResponseSpec("To be sent as `?token=`.", LiveTokenResponse)},
        errors=(MalformedRequest, BrokerUnavailable),
        parameters=(query.TOKEN_SCOPE,),
    ),
)
def live_token() -> Response:
    """A token of the current request's key; without keys one that opens what needs none."""
    services, key = current_services(), current_key()
    scope = query.token_scope(request)
    if key is not None and scope not in key.scopes:
        raise Forbidden(f'This needs a key with the scope "{scope}".', field="scope")
    issued = services.live_tokens.issue(key_id(), scope)
    return json_response(LiveTokenResponse(token=issued.token, expires_at=issued.expires_at), headers=NOT_STORED)


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
        parameters=(query.TOKEN,),
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
    """A viewers' WebSocket; each camera that is looked at counts as a viewer, and the connection as one that waits."""
    check_upgrade(request)
    services, client = current_services(), client_name()
    services.viewers.check(1, client)
    leave = services.waits.acquire(1, client)  # behind a proxy nothing else counts those who look at nothing
    viewing = Viewing(services.video, lambda: services.viewers.acquire(1, client))
    return services.websockets.accept(
        request, viewing.run, max_bytes=MOST_BYTES, allowed=still_allowed(services.api_keys), on_end=leave
    )
