"""Keeps histories: one worker at a time looks at the newest analysis of each camera, beside its tasks.

Not the task of a frame, because whatever is to be noted when no frame comes any more is noted by nobody then.
"""

import logging
from typing import Final

from contracts.errors import RecordUnreadable
from contracts.frames import FrameStamp
from contracts.history import HistorySample
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
        self._noted: dict[str, FrameStamp] = {}
        """Camera → the frame whose analysis was looked at last."""
        self._turns = 0

    def run(self) -> None:
        """Look once.

        Raises:
            BrokerUnavailable: Redis is away.
        """
        if not self._history.take_turn(self._name, _TURN_S):
            return
        cameras = self._frames.cameras()
        self._noted = {camera: stamp for camera, stamp in self._noted.items() if camera in cameras}
        for camera in cameras:
            try:
                self._look_at(camera)
            except RecordUnreadable as error:
                logger.warning("nothing is noted of camera %s: %s", camera, error)
        self._turns += 1
        if self._turns % _FORGET_EVERY == 0:
            self._history.forget_old()

    def _look_at(self, camera: str) -> None:
        options = self._frames.options(camera)
        if options is None or not options.history_s:
            return
        result = self._frames.result(camera)
        if result is None or self._noted.get(camera) == (stamp := FrameStamp(result.epoch, result.sequence)):
            return
        if self._history.add(camera, HistorySample.of(result, options)):
            self._noted[camera] = stamp
