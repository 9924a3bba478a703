"""The registry's file, and when it has changed."""

import logging
from pathlib import Path

from contracts.cameras import CameraSettings, read_registry
from contracts.errors import ConfigurationError

logger = logging.getLogger(__name__)
_Mark = tuple[int, int, int] | None


class RegistryFile:
    """Looks whether the file is another one than before.

    It is asked for its time and size instead of the kernel for events: those do not cross into containers everywhere,
    and an editor may put another file in its place.
    """

    def __init__(self, path: str, frame_ttl_s: float) -> None:
        """Follow the file as it is now; frames of its cameras live for `frame_ttl_s`."""
        self._frame_ttl_s = frame_ttl_s
        self._path = Path(path).expanduser()
        self._seen = self._read = self._mark()

    def changed(self) -> list[CameraSettings] | None:
        """The cameras, if the file has changed and then stayed as it is until the next look.

        What is wrong with it is said once.

        Returns:
            None if it has not changed, may still be written to, or is wrong.
        """
        before, self._seen = self._seen, self._mark()
        if self._seen != before or self._seen == self._read:
            return None
        self._read = self._seen
        try:
            cameras = read_registry(self._path, self._frame_ttl_s)
        except ConfigurationError as error:
            logger.error("The cameras stay as they are. %s", error)
            return None
        logger.info("The cameras are those of the file as it is now: %d.", len(cameras))
        return cameras

    def _mark(self) -> _Mark:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
