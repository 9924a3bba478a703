"""A viewers' WebSocket: it carries all cameras that are looked at, each as fast as its pictures are drawn."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from wsproto.frame_protocol import CloseReason

from api.http.websockets import WebSocket, WebSocketClosed
from api.live.broadcast import CameraHub
from api.live.seat import Seat
from api.live.wishes import ClientMessage, parse
from contracts.views import Variant

logger = logging.getLogger(__name__)

_TICK_S: Final = 0.5
"""So soon a change of state is told, and what could not be looked at is tried again."""


class Viewing:
    """One connection. It is read by the thread that calls `run`, and written by another one."""

    def __init__(self, hub: CameraHub, sit: Callable[[], Callable[[], None]]) -> None:
        """Nothing is watched yet.

        Args:
            hub: where cameras are.
            sit: takes the place of a viewer, one a camera, and gives what gives it back.
        """
        self._hub, self._sit = hub, sit
        self._lock = threading.Lock()
        self._seats: dict[str, Seat] = {}
        self._waker = threading.Event()
        self._over = False
        self._serial = 0

    def run(self, socket: WebSocket) -> None:
        """Serve until the connection is over.

        Raises:
            WebSocketClosed: it is.
            MalformedRequest: the client has sent something else.
        """
        sending = threading.Thread(target=self._send, args=(socket,), name="viewing", daemon=True)
        sending.start()
        try:
            while True:
                message = socket.receive(timeout_s=_TICK_S)
                if message is not None:
                    self._hear(parse(message))
        finally:
            self._over = True
            self._waker.set()
            sending.join()
            for seat in self._seats.values():
                seat.close()

    def _hear(self, message: ClientMessage) -> None:
        watched = message.variants
        with self._lock:
            if watched is not None:
                self._watch(watched)
            if message.shown is not None and (seat := self._seats.get(message.shown.camera)):
                seat.drawn(message.shown.serial)
        self._waker.set()

    def _watch(self, watched: dict[str, Variant]) -> None:
        for camera, seat in list(self._seats.items()):
            if watched.get(camera) != seat.variant:
                seat.close()
                del self._seats[camera]
        for camera, variant in watched.items():
            if camera not in self._seats:
                self._seats[camera] = Seat(self._hub, camera, variant, self._sit)

    def _send(self, socket: WebSocket) -> None:
        try:
            while not self._over:
                with self._lock:
                    seats = list(self._seats.values())
                for seat in seats:
                    with self._lock:
                        message = self._next(seat)
                    if message is not None:
                        socket.send(message)
                self._waker.wait(_TICK_S if seats else None)
                self._waker.clear()
        except WebSocketClosed:
            self._over = True  # who reads is told as well
        except Exception:
            logger.exception("unexpected error in what viewers are sent")
            socket.end(CloseReason.INTERNAL_ERROR, "Something went wrong inside Mien; connect again.")

    def _next(self, seat: Seat) -> bytes | None:
        if self._over or self._seats.get(seat.camera) is not seat:
            return None
        seat.open(self._waker)
        message = seat.next(self._serial + 1)
        self._serial += message is not None
        return message
