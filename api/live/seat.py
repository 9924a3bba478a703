"""One camera on one viewers' WebSocket: what is sent next, and how much may be on its way."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from api.live.broadcast import CameraHub
from api.live.channel import Channel, Kind, Shown
from api.live.header import Told, pack
from contracts.errors import MienError
from contracts.views import Variant

IN_FLIGHT: Final = 2
"""Pictures of a camera that may be sent and not yet drawn: one on its way while one is being drawn."""
_NO_PICTURE: Final = Told().model_dump_json()
RETRY_S: Final = 2.0
"""So long after a camera could not be looked at it is tried again."""


class Seat:
    """Sends the newest picture whenever the client has drawn enough of those before; what is in between is skipped."""

    def __init__(self, hub: CameraHub, camera: str, variant: Variant, sit: Callable[[], Callable[[], None]]) -> None:
        """Look at nothing yet.

        Args:
            hub: where cameras are.
            camera: which.
            variant: in which form.
            sit: takes the place of a viewer, and gives what gives it back.
        """
        self.camera, self.variant = camera, variant
        self._hub, self._sit = hub, sit
        self._channel: Channel | None = None
        self._held = ExitStack()
        self._problem, self._again_at = "", 0.0
        self._unshown = set[int]()
        self._sent: Shown | None = None
        self._told = ""

    def open(self, waker: threading.Event) -> None:
        """Begin to look, and again later if that cannot be: no place, or no such camera.

        Where there are too many forms, frames come as they are until this one has a place: nobody can take a camera
        from others by asking for many.
        """
        if self._channel is not None or self._hub.closed or time.monotonic() < self._again_at:
            return
        held = ExitStack()
        try:
            self._hub.check(self.camera)
            held.callback(self._sit())
            has_place = self._hub.want(self.camera, self.variant)
        except MienError as error:
            held.close()
            self._problem, self._again_at = error.detail, time.monotonic() + RETRY_S
            return
        channel = held.enter_context(self._hub.watching(self.camera, self.variant))
        channel.has_place = has_place
        held.enter_context(channel.waking(waker))
        self._channel, self._held, self._problem = channel, held, ""

    def close(self) -> None:
        """Give the place back."""
        self._channel = None
        self._held.close()

    def drawn(self, serial: int) -> None:
        """The client has drawn this message, and so all before it."""
        self._unshown = {sent for sent in self._unshown if sent > serial}

    def next(self, serial: int) -> bytes | None:
        """What is to be sent now.

        Args:
            serial: number that the message will have.

        Returns:
            None if there is nothing, or enough is on its way.
        """
        shown = self._channel.shown if self._channel else None
        if shown is not None and shown is not self._sent and len(self._unshown) < IN_FLIGHT:
            self._sent, self._told = shown, self._state(shown)
            self._unshown.add(serial)
            return self._message(serial, shown, shown.jpeg)
        told = self._state(self._sent)
        if (self._problem or self._sent) and told != self._told:
            self._told = told
            return self._message(serial, self._sent, b"")
        return None

    def _state(self, shown: Shown | None) -> str:
        """Members of the header that say how the camera is; each ends with a comma."""
        state = self._hub.state(self.camera)
        has_place = self._channel is None or self._channel.has_place
        message = self._problem or state.sentence(shown.kind if shown else Kind.PLACEHOLDER, has_place=has_place)
        said = {"state": state.state, "reason": state.reason, "kind": state.kind, "message": message}
        return json.dumps(said)[1:-1]

    def _message(self, serial: int, shown: Shown | None, jpeg: bytes) -> bytes:
        age = "null"
        if shown is not None and shown.captured_at is not None:
            age = str(max(0, round(1000 * (self._hub.server_time.now() - shown.captured_at))))
        of_picture = shown.told if shown is not None else _NO_PICTURE
        head = f'{{"camera":{json.dumps(self.camera)},"serial":{serial},"age_ms":{age},{self._told},{of_picture[1:]}'
        return pack(head, jpeg)
