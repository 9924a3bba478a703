"""Telling Redis how the cameras are, in a thread of its own: a server that hangs holds nobody up."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

from contracts.cameras import CameraStatus
from contracts.errors import MienError
from contracts.storage.cameras import CameraStatuses

_TELL_EVERY_S: Final = 1.0

logger = logging.getLogger(__name__)


class StatusTeller:
    """Tells at once what has changed, and all every second."""

    def __init__(self, statuses: CameraStatuses, look: Callable[[], Sequence[CameraStatus]]) -> None:
        """Tell `statuses` what `look` sees."""
        self._statuses = statuses
        self._look = look
        self._changed = threading.Event()
        self._stopping = False
        self._told: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="statuses", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def changed(self) -> None:
        """Tell at once."""
        self._changed.set()

    def stop(self) -> None:
        """Say that no camera is there any more, if Redis takes that within a moment, and end."""
        self._stopping = True
        self._changed.set()
        self._thread.join(2)

    def _run(self) -> None:
        while not self._stopping:
            self._tell(self._look())
            self._changed.wait(_TELL_EVERY_S)
            self._changed.clear()
        self._tell([])

    def _tell(self, seen: Sequence[CameraStatus]) -> None:
        names = {status.name for status in seen}
        try:
            if gone := self._told - names:
                self._statuses.forget(*gone)
            if seen:
                self._statuses.put(*seen)
        except MienError as error:  # those who publish frames say so once
            logger.debug("The states of the cameras are not told. %s", error)
            return
        self._told = names
