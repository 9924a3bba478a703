"""A camera's name while a browser has it: held on in Redis, with a word on how the camera is."""

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from api.live.sender import SentCamera
from contracts.cameras import CameraState, CameraStatus
from contracts.devices import is_device
from contracts.errors import CameraTaken, MienError, Unavailable
from contracts.storage.cameras import CameraStatuses
from contracts.storage.senders import SenderStore

_EVERY_S: Final = 1.0
_STALLED_AFTER_S: Final = 2.5
"""Without a picture, as for other cameras."""

_CONNECTED: Final = "Its browser is connected and has sent no picture yet."


class HeldName:
    """A name that is held for one connection."""

    def __init__(
        self,
        names: SenderStore,
        statuses: CameraStatuses,
        camera: SentCamera,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take it.

        Args:
            names: those that are held.
            statuses: where it is said how the camera is, unless nobody is to be told of it.
            camera: whose name.
            clock: seconds since 1970.

        Raises:
            CameraTaken: another sender has it.
        """
        self.camera = camera
        self._names, self._statuses, self._clock = names, statuses, clock
        self._sender = secrets.token_hex(8)
        self._state: CameraState = "connecting"
        self._since = self._held_at = clock()
        if not names.hold(camera.name, self._sender):
            raise taken()
        with suppress(Unavailable):
            self._say("connecting", _CONNECTED)

    def hold_on(self, silent_s: float | None) -> None:
        """Hold it on and say how the camera is, if it is time; to be called again and again.

        Args:
            silent_s: how long ago the newest picture came, in seconds; None: none has.

        Raises:
            CameraTaken: Redis forgot it, and another one has it now.
        """
        if self._clock() < self._held_at + _EVERY_S:
            return
        self._held_at = self._clock()
        with suppress(Unavailable):  # nobody else can take it then
            if not self._names.hold(self.camera.name, self._sender):
                raise taken()
            if silent_s is None:
                self._say("connecting", _CONNECTED)
            elif silent_s > _STALLED_AFTER_S:
                self._say("stalled", "Its browser is connected and sends no pictures.")
            else:
                self._say("live", None)

    def leave(self) -> None:
        """Give it back."""
        with suppress(MienError):  # it ends by itself within seconds
            if self._names.leave(self.camera.name, self._sender):  # else another one has it, and says how it is
                self._say("gone", "Its browser has gone.")

    def _say(self, state: CameraState, reason: str | None) -> None:
        if is_device(self.camera.name):
            return
        if state != self._state:
            self._state, self._since = state, self._clock()
        options = self.camera.options
        self._statuses.put(
            CameraStatus(
                name=self.camera.name,
                kind=options.kind,
                state=state,
                reason=reason,
                since=self._since,
                fps=self.camera.fps,
                blur=options.blur,
                history_s=options.history_s,
            )
        )


def taken() -> CameraTaken:
    """The name is another sender's."""
    return CameraTaken("Another sender has this camera's name; it is free some seconds after that one has gone.")
