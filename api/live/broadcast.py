"""Live pictures for viewers: one reader a watched camera and process hands the same bytes to all of them.

Each viewer gets the newest picture when it is ready for one and skips what it missed, so a slow viewer costs the others
nothing. What a camera shows, in order of preference: the annotated frame; the plain newest frame while no
new annotated one arrives; a placeholder once frames stop as well.
"""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from importlib.resources import files
from typing import Final, NamedTuple

from redis import Redis

from api.live import mjpeg
from contracts.errors import MienError
from contracts.frames import FrameStamp
from contracts.logs import log_context
from contracts.results import NO_MODEL
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.frames import FrameStore
from contracts.storage.subscription import LISTEN_S, Notices, Subscription, Topic

STALLED_AFTER_S = 1.0
"""Without a new annotated frame for this long, viewers get plain frames."""
_WATCH_EVERY_S = 1.0
_IDLE_S = 0.25
_NOTHING: Final = FrameStamp(0, 0)
"""Shown before the first frame, and when a camera is gone."""

logger = logging.getLogger(__name__)


class Kind(StrEnum):
    """What a picture shows; sent along as the part's ``Mien-Picture`` header."""

    ANNOTATED = "annotated"
    PLAIN = "plain"
    PLACEHOLDER = "placeholder"


class Shown(NamedTuple):
    """The picture that a camera shows; there is none before the first one."""

    serial: int
    picture: mjpeg.Picture | None


class CameraReader:
    """Follows one camera for as long as it has viewers."""

    def __init__(
        self,
        camera: str,
        frames: FrameStore,
        settings: Settings,
        redis: Redis,
        clock: Callable[[], float],
    ) -> None:
        self.viewers = 0
        self._camera = camera
        self._frames = frames
        self._gone_after_s = settings.frame_ttl_s
        self._faces_only = settings.faces_only
        self._clock = clock
        self._changed = threading.Condition()
        self._shown, self._stamp = Shown(0, None), _NOTHING
        self._annotated_at = self._seen_at = self._watched_at = float("-inf")
        self._stopped = False
        self._subscription = Subscription.to_camera(redis, camera, on_notices=self._on_notices, on_error=self._on_error)

    def start(self) -> None:
        """Begin to follow the camera."""
        self._subscription.start()

    def stop(self, wait_s: float = 0.0) -> None:
        """End within a moment, for which this waits `wait_s` seconds at most; viewers still there see nothing new."""
        self._stopped = True
        self._subscription.stop(wait_s)
        with self._changed:
            self._changed.notify_all()

    def newer(self, serial: int, timeout_s: float) -> Shown:
        """The newest picture as soon as it differs from `serial`, or the same again when time runs out."""
        with self._changed:
            self._changed.wait_for(lambda: self._shown.serial > serial or self._stopped, timeout_s)
            return self._shown

    def _on_notices(self, notices: Notices) -> None:
        if self._shown.picture is None:
            self._show_frame()
        now = self._clock()
        if now >= self._watched_at + _WATCH_EVERY_S:
            self._frames.watch(self._camera)
            self._watched_at = now
        topics = {notice.topic for notice in notices.items}
        shown = Topic.ANNOTATED_FRAME in topics and self._show_annotated()
        if topics and not shown and self._clock() > self._annotated_at + STALLED_AFTER_S:
            self._show_frame()
        self._show_placeholder_if_gone()

    def _on_error(self, error: Exception) -> None:
        self._log(error)
        self._show_placeholder_if_gone()

    def _log(self, error: Exception) -> None:
        with log_context(camera=self._camera):
            if isinstance(error, MienError):
                logger.warning("camera %s cannot be read: %s", self._camera, error)
            else:
                logger.error("unexpected error with camera %s", self._camera, exc_info=error)

    def _show_annotated(self) -> bool:
        """Show the newest annotated frame, unless a later one is shown.

        Returns:
            False if there is none, or one with emotions where none may be shown.
        """
        annotated = self._frames.annotated(self._camera)
        if annotated is None or (self._faces_only and annotated.model != NO_MODEL):
            return False
        self._annotated_at = self._seen_at = self._clock()
        if annotated.stamp >= self._stamp:  # else plain ones were shown meanwhile: it stands still until it is later
            self._show(Kind.ANNOTATED, annotated.jpeg, annotated.stamp)
        return True

    def _show_frame(self) -> None:
        frame = None
        try:
            frame = self._frames.newest(self._camera)
        except MienError as error:
            self._log(error)
        if frame is not None:
            self._seen_at = self._clock()
            if frame.stamp >= self._stamp:
                self._show(Kind.PLAIN, frame.jpeg, frame.stamp)
        elif self._shown.picture is None:
            self._show(Kind.PLACEHOLDER, placeholder())

    def _show_placeholder_if_gone(self) -> None:
        gone = self._clock() > self._seen_at + self._gone_after_s
        shown = self._shown.picture
        if shown is None or (gone and shown.kind != Kind.PLACEHOLDER):
            self._show(Kind.PLACEHOLDER, placeholder())

    def _show(self, kind: Kind, jpeg: bytes, stamp: FrameStamp | None = None) -> None:
        picture, self._stamp = mjpeg.picture(kind.value, jpeg, stamp.sequence if stamp else None), stamp or _NOTHING
        with self._changed:
            self._shown = Shown(self._shown.serial + 1, picture)
            self._changed.notify_all()


class CameraHub:
    """All readers of this process, by camera."""

    def __init__(self, settings: Settings, frames: FrameStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._frames = frames
        self._redis = connect(settings.frame_redis_url, name="mien-gateway-video", max_connections=64)
        self._readers: dict[str, CameraReader] = {}
        self._lock = threading.Lock()
        self.closed = False

    @contextmanager
    def watching(self, camera: str) -> Iterator[CameraReader]:
        """A reader of this camera, shared with all its other viewers in this process."""
        with self._lock:
            reader = self._readers.get(camera)
            if reader is None:
                reader = CameraReader(camera, self._frames, self._settings, self._redis, self._clock)
                self._readers[camera] = reader
                reader.start()
            reader.viewers += 1
        try:
            yield reader
        finally:
            with self._lock:
                reader.viewers -= 1
                if not reader.viewers:
                    del self._readers[camera]
                    reader.stop()

    def stream(self, camera: str | None) -> Iterator[bytes]:
        """Multipart bytes without end. Without a camera: the placeholder until one appears, then that one."""
        with closing(self._pictures(camera)) as pictures:
            yield from mjpeg.stream(pictures)

    def _pictures(self, camera: str | None) -> Generator[mjpeg.Picture]:
        """Each new picture; the same again after a moment without one, by which a viewer that is gone is noticed."""
        waiting = mjpeg.picture(Kind.PLACEHOLDER, placeholder())
        while camera is None and not self.closed:
            yield waiting
            time.sleep(_IDLE_S)
            camera = self.default_camera()
        if camera is None:
            return
        with self.watching(camera) as reader:
            serial = 0
            while not self.closed:
                serial, picture = reader.newer(serial, _IDLE_S)
                if picture is not None:
                    yield picture

    def default_camera(self) -> str | None:
        """The camera with the newest frame; None if there is none, or Redis does not answer."""
        try:
            return next(iter(self._frames.cameras()), None)
        except MienError:  # asked again a moment later
            return None

    def viewers(self) -> dict[str, int]:
        """Viewers in this process, by camera."""
        with self._lock:
            return {camera: reader.viewers for camera, reader in self._readers.items()}

    def close(self) -> None:
        """End all streams, and the connections to Redis."""
        self.closed = True
        with self._lock:
            readers = list(self._readers.values())
        for reader in readers:
            reader.stop()
        for reader in readers:  # all of them end at the same time
            reader.stop(4 * LISTEN_S)
        self._redis.connection_pool.disconnect()  # `close` leaves a pool that the client was given as it is


def placeholder() -> bytes:
    """The JPEG shown in place of a camera that is gone."""
    return files("api").joinpath("page", "no-picture.jpg").read_bytes()
