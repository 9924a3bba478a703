"""Telling Redis how the cameras are, in a thread of its own: a server that hangs holds nobody up."""

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Final

from contracts.cameras import BROWSER, CameraStatus
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
        self._removed: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="statuses", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def changed(self) -> None:
        """Tell at once."""
        self._changed.set()

    def remove(self, names: Collection[str]) -> None:
        """These cameras are no more."""
        self._removed.update(names)
        self._changed.set()

    def stop(self) -> None:
        """Take back what was told, if Redis takes that within a moment, and end."""
        self._stopping = True
        self._changed.set()
        if self._thread.ident is not None:
            self._thread.join(2)

    def _run(self) -> None:
        while not self._stopping:
            self._tell()
            self._changed.wait(_TELL_EVERY_S)
            self._changed.clear()
        with suppress(MienError):  # it is believed for seconds only
            self._statuses.forget(*self._told)

    def _tell(self) -> None:
        seen, removed = self._look(), tuple(self._removed)
        ours = [status for status in seen if status.kind != BROWSER]
        try:
            if removed:
                self._statuses.remove(*removed)
                self._removed.difference_update(removed)
                self._told.difference_update(removed)
            self._statuses.put(*ours)
            self._told.update(status.name for status in ours)
            for status in seen:
                if status.kind == BROWSER:  # while one sends, its gateway says how it is
                    self._statuses.offer(status)
        except MienError as error:  # those who publish frames say so once
            logger.debug("The states of the cameras are not told. %s", error)
