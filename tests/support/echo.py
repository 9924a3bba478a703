"""A view of the tests: a WebSocket that gives back what it is sent."""

from flask import Blueprint, Response, request

from api.access.authentication import client_name
from api.access.streams import still_allowed
from api.http.endpoint import NO_BODY, UNDESCRIBED, endpoint
from api.http.scopes import Scope
from api.http.websockets import WebSocket, check_upgrade
from api.services import current_services

blueprint = Blueprint("echo", __name__)
MAX_BYTES = 1_000_000


@blueprint.get("/echo")
@endpoint(scope=Scope.LIVE, owned=False, rate_limited=True, body=NO_BODY, operation=UNDESCRIBED)
def echo() -> Response:
    """Gives back what it is sent; to a number, so many bytes, twenty times."""
    check_upgrade(request)
    services = current_services()
    leave = services.viewers.acquire(1, client_name())
    allowed = still_allowed(services.api_keys)
    return services.websockets.accept(request, _serve, max_bytes=MAX_BYTES, allowed=allowed, on_end=leave)


def _serve(connection: WebSocket) -> None:
    while True:
        message = connection.receive()
        if isinstance(message, str) and message.isdecimal():
            for number in range(20):
                connection.send(bytes([number]) * int(message))
        elif message == "raise":
            raise ValueError("this test wanted it")
        elif message is not None:
            connection.send(message)
