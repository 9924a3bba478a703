"""WebSockets for views: an upgrade is answered as any request is, hooks included, and spoken on once that is over.

A view looks like this::

    @blueprint.get("/v1/echo")
    @endpoint(scope=Scope.LIVE, owned=False, rate_limited=True, body=NO_BODY, operation=Operation(...))
    def echo() -> Response:
        check_upgrade(request)  # first: a plain request gets 426
        leave = services.viewers.acquire(1, client_name())
        allowed = still_allowed(services.api_keys)
        return services.websockets.accept(request, serve, max_bytes=4096, allowed=allowed, on_end=leave)

    def serve(socket: WebSocket) -> None:  # outside the request: what it needs of that is taken along
        while True:
            message = socket.receive(timeout_s=1)
            if message is not None:
                socket.send(message)
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from flask import Request, Response
from wsproto.frame_protocol import CloseReason

from api.http.connection import prepare_for_stream
from api.http.responses import HeldStream
from api.http.websocket_connection import WebSocket, WebSocketClosed
from api.http.websocket_upgrade import acceptance, check_upgrade
from contracts.errors import MienError, Overloaded, Unavailable

__all__ = ["WebSocket", "WebSocketClosed", "WebSockets", "check_upgrade"]

Serve = Callable[[WebSocket], None]
_STOPPING: Final = "This gateway is about to stop; connect again."

logger = logging.getLogger(__name__)


class WebSockets:
    """Those of a process, so that they end with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = set[WebSocket]()
        self._closed = False

    @property
    def open(self) -> int:
        """How many there are."""
        with self._lock:
            return len(self._open)

    def accept(
        self,
        request: Request,
        serve: Serve,
        *,
        max_bytes: int,
        allowed: Callable[[], bool] = lambda: True,
        on_end: Callable[[], None] = lambda: None,
    ) -> Response:
        """The answer that makes a WebSocket of this request's connection.

        Args:
            request: the current one.
            serve: called once the answer has gone out, outside the request; when it returns, the connection is closed.
                A `MienError` that it raises is told to the client.
            max_bytes: the longest message that the client may send.
            allowed: whether the client may still be here, asked every few seconds: see `api.access.streams`.
            on_end: called in the end, whatever happens, also if the request is refused here.

        Raises:
            UpgradeRequired, InvalidRequest: as `check_upgrade`.
        """
        try:
            check_upgrade(request)
            head = acceptance(request)
            connection = _connection(request)
        except BaseException:
            on_end()
            raise
        prepare_for_stream(request.environ)
        socket = WebSocket(connection, max_bytes=max_bytes, allowed=allowed)
        return _Switching(HeldStream(self._parts(socket, serve), on_end), head)

    def close(self) -> None:
        """Have all of them closed within a moment, and those that are still to come."""
        with self._lock:
            self._closed, sockets = True, list(self._open)
        for socket in sockets:
            socket.end(CloseReason.SERVICE_RESTART, _STOPPING)

    def _parts(self, socket: WebSocket, serve: Serve) -> Iterator[bytes]:
        yield b""  # the server sends the head of the answer, and has nothing else to send
        with self._lock:
            self._open.add(socket)
            if self._closed:
                socket.end(CloseReason.SERVICE_RESTART, _STOPPING)
        try:
            _speak(socket, serve)
        finally:
            socket.finish()
            with self._lock:
                self._open.discard(socket)


class _Switching(Response):
    """An answer whose stream is run although its status allows no body: it is the connection from then on."""

    def __init__(self, stream: Iterable[bytes], head: dict[str, str]) -> None:
        super().__init__(status=101, headers=head)
        self.headers.remove("Content-Type")
        self._stream = stream

    def get_app_iter(self, environ: Any) -> Iterable[bytes]:  # noqa: ARG002 - werkzeug gives it
        """The stream."""
        return self._stream


def _speak(socket: WebSocket, serve: Serve) -> None:
    try:
        serve(socket)
    except WebSocketClosed as end:
        logger.debug("a WebSocket is over: %s", end)
    except MienError as error:
        later = isinstance(error, Unavailable | Overloaded)
        socket.close(CloseReason.TRY_AGAIN_LATER if later else CloseReason.POLICY_VIOLATION, str(error))
    except Exception:
        logger.exception("unexpected error in a WebSocket")
        socket.close(CloseReason.INTERNAL_ERROR, "Something went wrong inside Mien; its log has the details.")


def _connection(request: Request) -> Any:
    """The socket below the request, which serves no other request afterwards.

    Raises:
        Unavailable: this server gives none away.
    """
    connection = request.environ.get("gunicorn.socket")
    if connection is None:
        raise Unavailable("This server cannot speak WebSocket.")
    getattr(connection, "close_afterwards", lambda: None)()
    return connection
