"""All cameras of this host, as the registry names them: a process each, and how each is, told to Redis."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

from capture.errors import SourceLost
from capture.registry import RegistryFile
from capture.reports import Report
from capture.states import CameraHealth
from capture.supervised import SupervisedCamera
from capture.telling import StatusTeller
from capture.turns import Turns
from contracts.cameras import BROWSER, CameraSettings, CameraStatus, load_cameras
from contracts.errors import ConfigurationError, MienError
from contracts.settings import Settings
from contracts.storage.cameras import CameraStatuses
from contracts.storage.connections import connect

_LOOK_EVERY_S: Final = 0.2
"""Whether the process is to end."""
_FILE_EVERY_S: Final = 1.0
"""Whether the registry has changed."""

logger = logging.getLogger(__name__)
StartCamera = Callable[..., SupervisedCamera]


class Supervisor:
    """Runs what the registry names, and follows its changes."""

    def __init__(self, settings: Settings, start: StartCamera = SupervisedCamera) -> None:
        """Read the registry; `start` makes a camera's supervision.

        Raises:
            ConfigurationError: something is wrong in it.
        """
        self._settings = settings
        self._start = start
        self._registry = RegistryFile(settings.cameras, settings.frame_ttl_s) if settings.cameras else None
        self._cameras: dict[str, SupervisedCamera] = {}
        self._turns = Turns()
        self._ended = threading.Event()
        self._failure: MienError | None = None
        self._registered = {camera.name: camera for camera in load_cameras(settings)}
        self._began_at = time.time()

    def run(self, until: Callable[[], bool]) -> None:
        """Supervise `until` is true.

        Raises:
            ConfigurationError: without a registry, the one camera cannot be opened.
            SourceLost: without a registry, the one file or folder has gone.
        """
        redis = connect(self._settings.frame_redis_url, name="capture-status", max_connections=1)
        self._teller = StatusTeller(CameraStatuses(redis), self._statuses)
        with closing(redis):
            try:
                self._set(list(self._registered.values()))
                self._teller.start()
                looked_at = time.monotonic()
                while not (until() or self._ended.wait(_LOOK_EVERY_S)):
                    if self._registry and time.monotonic() >= looked_at + _FILE_EVERY_S:
                        looked_at = time.monotonic()
                        self._follow(self._registry)
            finally:
                self._stop(list(self._cameras))
                self._teller.stop()
        if self._failure:
            raise self._failure

    def _follow(self, registry: RegistryFile) -> None:
        cameras = registry.changed()
        if cameras is not None:
            self._set(cameras)

    def _statuses(self) -> list[CameraStatus]:
        registered, running = self._registered, dict(self._cameras)
        waiting = [self._waiting(camera) for camera in registered.values() if camera.kind == BROWSER]
        return [*(camera.status for camera in running.values()), *waiting]

    def _waiting(self, camera: CameraSettings) -> CameraStatus:
        """How a camera is to which a browser may send, and none does."""
        health = CameraHealth(camera, time.monotonic, lambda: self._began_at)
        health.ended("no browser sends")
        return health.status

    def _set(self, cameras: list[CameraSettings]) -> None:
        """Make these the cameras. Those that are as before are not touched."""
        before, self._registered = self._registered, {camera.name: camera for camera in cameras}
        wanted = {name: camera for name, camera in self._registered.items() if camera.kind != BROWSER}
        self._stop([name for name, running in self._cameras.items() if wanted.get(name) != running.camera])
        for name, camera in wanted.items():
            if name not in self._cameras:
                on_failure = self._fail if self._registry is None else lambda _, __: False
                self._cameras[name] = self._start(
                    camera, on_change=self._teller.changed, on_failure=on_failure, turns=self._turns
                )
                self._cameras[name].start()
        self._teller.remove(before.keys() - self._registered.keys())

    def _stop(self, names: list[str]) -> None:
        stopped = [self._cameras.pop(name) for name in names]
        for camera in stopped:
            camera.stop()
        for camera in stopped:
            camera.join()

    def _fail(self, last: Report, was_live: bool) -> bool:
        """The one camera without a registry: what is wrong with it is wrong with this process."""
        if last.event == "unusable" and not was_live:
            self._failure = ConfigurationError(last.sentence)
        elif last.event == "failed":
            self._failure = SourceLost(last.sentence)
        if self._failure:
            self._ended.set()
        return self._failure is not None
