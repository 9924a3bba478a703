"""Cameras of the registry that browsers send: looked up when one asks, in the file as it is then."""

import logging
import threading
from pathlib import Path
from typing import Final

from api.live.sender import SentCamera
from contracts.cameras import load_cameras
from contracts.devices import is_device
from contracts.errors import CameraNotFound, ConfigurationError
from contracts.frames import CameraOptions
from contracts.settings import Settings

KIND: Final = "browser"
DEVICE_FPS: Final = 15.0
"""Pictures a second that a browser may send for itself."""

logger = logging.getLogger(__name__)


class BrowserCameras:
    """By name. A file that cannot be read, or has become wrong, changes nothing."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is read yet."""
        self._settings = settings
        self._lock = threading.Lock()
        self._cameras: dict[str, SentCamera] = {}
        self._read_at: float | None = None
        """When the file that was read had been written."""

    def find(self, name: str) -> SentCamera:
        """The camera of this name.

        Raises:
            CameraNotFound: browsers may not send as it.
        """
        if is_device(name):
            return SentCamera(name, CameraOptions(kind=KIND), DEVICE_FPS)
        camera = self._known().get(name)
        if camera is None:
            raise CameraNotFound(
                f'Browsers may send as a camera of the registry with the source "{KIND}", or as device- with 32 '
                "hexadecimal digits of their own.",
                field="name",
            )
        return camera

    def _known(self) -> dict[str, SentCamera]:
        if not self._settings.cameras:
            return {}
        with self._lock:
            try:
                written_at = Path(self._settings.cameras).expanduser().stat().st_mtime
                if written_at != self._read_at:
                    self._read_at = written_at
                    self._cameras = {
                        camera.name: SentCamera(camera.name, camera.options(), camera.fps, camera.width, camera.quality)
                        for camera in load_cameras(self._settings)
                        if camera.kind == KIND
                    }
            except OSError as error:
                logger.warning("which cameras browsers may send is not known: %s", error)
            except ConfigurationError as error:
                logger.warning("which cameras browsers may send stays as it was: %s", error)
            return self._cameras
