"""Keeps histories and tells events: one worker at a time looks at each camera, beside its tasks.

Not the task of a frame, because whatever is to be noted when no frame comes any more is noted by nobody then.
"""

import logging
from typing import Final

from contracts.cameras import CameraStatus
from contracts.devices import is_device
from contracts.errors import RecordUnreadable
from contracts.frames import FrameStamp
from contracts.history import HistorySample
from workers.happenings import Look, happened
from workers.services import Services

logger = logging.getLogger(__name__)

OBSERVE_EVERY_S: Final = 0.5
_TURN_S: Final = 3.0
"""For so long the others leave it to a worker that says nothing more."""
_FORGET_EVERY: Final = 20
"""Turns, ten seconds, from one look for what is too old to the next."""


class Observer:
    """What one worker does of it; all workers have one, and the one whose turn it is does it."""

    def __init__(self, services: Services) -> None:
        """Look at these services' cameras."""
        self._frames, self._name, self._history = services.frames, services.name, services.history
        self._events, self._statuses, self._settings = services.events, services.camera_statuses, services.settings
        self._kept: dict[str, FrameStamp] = {}
        """Camera → the frame whose analysis was kept last."""
        self._turns = 0

    def run(self) -> None:
        """Look once.

        Raises:
            BrokerUnavailable: Redis is away.
        """
        if not self._history.take_turn(self._name, _TURN_S):
            return
        published = self._frames.cameras()
        statuses = self._statuses.all() if self._settings.events_s else {}
        self._kept = {camera: stamp for camera, stamp in self._kept.items() if camera in published}
        for camera in {**published, **statuses}:
            if is_device(camera):  # a browser's own, of which nobody else is told
                continue
            try:
                self._look_at(camera, statuses.get(camera), published.get(camera))
            except RecordUnreadable as error:
                logger.warning("nothing is noted of camera %s: %s", camera, error)
        self._turns += 1
        if self._turns % _FORGET_EVERY == 0:
            self._history.forget_old()
            if cut := self._history.make_room():
                logger.warning("histories take half of Redis' memory; the oldest of %s is forgotten", ", ".join(cut))

    def _look_at(self, camera: str, status: CameraStatus | None, framed_at: float | None) -> None:
        options = self._frames.options(camera)
        if not self._settings.events_s and (options is None or not options.history_s):
            return
        result = self._frames.result(camera)
        if options is not None and options.history_s and result is not None:
            stamp = FrameStamp(result.epoch, result.sequence)
            if self._kept.get(camera) != stamp and self._history.add(camera, HistorySample.of(result, options)):
                self._kept[camera] = stamp
        if self._settings.events_s:
            state = status.state if status else "gone" if options is None else "live"
            reason = status.reason if status else None
            self._tell(Look(camera, self._events.now(), result, state, reason, framed_at))

    def _tell(self, look: Look) -> None:
        stored, noted = self._events.noted(look.camera)
        after, events = happened(noted, look, self._settings.events_changed_s)
        if after != noted:
            self._events.note(look.camera, stored, after, events)
