"""Live pictures for viewers: one reader a watched camera and process hands the same bytes to all of them.

Each viewer gets the newest picture when it is ready for one and skips what it missed, so a slow viewer costs the others
nothing. Viewers who want a camera in the same variant share a `Channel`, which says what is shown.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Final
from weakref import WeakSet

from api.live import mjpeg
from api.live.channel import Channel, Kind, Shown, placeholder
from api.live.reader import CameraReader, Shared
from api.live.server_time import ServerTime
from api.live.state import GONE, CameraState
from contracts.errors import CameraNotFound, MienError, NoPicture, Overloaded
from contracts.settings import Settings
from contracts.storage.cameras import CameraStatuses
from contracts.storage.connections import connect
from contracts.storage.frames import FrameStore
from contracts.storage.subscription import LISTEN_S
from contracts.storage.views import MOST_VARIANTS
from contracts.views import DEFAULT, Variant

_CONNECTIONS: Final = 280
"""To Redis: one for each camera that is looked at, of the 256 that a registry may have."""
_IDLE_S: Final = 0.25
_SNAPSHOT_S: Final = 2.0
"""For so long one picture is waited for: a worker that begins to draw for it does so with the next frame."""


class CameraHub:
    """All readers of this process, by camera."""

    def __init__(self, settings: Settings, frames: FrameStore, clock: Callable[[], float] = time.monotonic) -> None:
        redis = connect(settings.frame_redis_url, name="mien-gateway-video", max_connections=_CONNECTIONS)
        self.server_time = ServerTime(frames.now)
        self._shared = Shared(settings, redis, frames, CameraStatuses(redis), clock, self.server_time)
        self._readers: dict[str, CameraReader] = {}
        self._all = WeakSet[CameraReader]()
        """Also those whose viewers have gone, while they still listen."""
        self._lock = threading.Lock()
        self.closed = False

    @contextmanager
    def watching(self, camera: str, variant: Variant = DEFAULT) -> Iterator[Channel]:
        """What is shown of this camera in this variant, shared with all its other viewers in this process."""
        with self._lock:
            reader = self._readers.get(camera)
            if reader is None:
                reader = CameraReader(camera, self._shared)
                self._readers[camera] = reader
                self._all.add(reader)
            channel = reader.channel(variant)
            channel.viewers += 1
            reader.start()
        try:
            yield channel
        finally:
            with self._lock:
                channel.viewers -= 1
                if not channel.viewers:
                    del reader.channels[variant]
                if not reader.channels:
                    del self._readers[camera]
                    reader.stop()

    def check(self, camera: str) -> None:
        """Make sure that there is something to look at.

        Raises:
            CameraNotFound: no camera of this name is known, or has published within the last hour.
        """
        shared = self._shared
        if camera in self._readers or shared.statuses.get(camera) or camera in shared.frames.cameras():
            return
        raise CameraNotFound("No camera of this name has sent a picture within the last hour.", field="camera")

    def state(self, camera: str) -> CameraState:
        """How a camera is that is looked at."""
        reader = self._readers.get(camera)
        return reader.state if reader else GONE

    def ask_for(self, camera: str | None, variant: Variant) -> None:
        """Have workers make this variant from now on.

        Raises:
            Overloaded: as many others of this camera are made.
        """
        if camera is not None and variant != DEFAULT and not self.want(camera, variant):
            raise Overloaded(
                f"This camera is shown in {MOST_VARIANTS} forms already, counting the one without options; ask for one "
                "of those, or try again later.",
                retry_after=self._shared.settings.frame_ttl_s,
            )

    def want(self, camera: str, variant: Variant) -> bool:
        """Have workers make this variant from now on; False if as many others of this camera are made."""
        return bool(self._shared.frames.views.want(camera, [variant]))

    def picture(self, camera: str, variant: Variant) -> Shown:
        """One picture of the camera as it is now, with boxes if an analysis comes soon.

        Raises:
            NoPicture: there is none that may be shown.
        """
        waker, end = threading.Event(), time.monotonic() + _SNAPSHOT_S
        with self.watching(camera, variant) as channel, channel.waking(waker):
            while (left := end - time.monotonic()) > 0 and not self.closed:
                shown = channel.shown
                if shown is not None and (shown.kind is Kind.ANNOTATED or (not variant.boxes and shown.is_picture)):
                    return shown
                waker.wait(left)
                waker.clear()
            if channel.shown is not None and channel.shown.is_picture:
                return channel.shown
            missing = self.state(camera).sentence(Kind.PLACEHOLDER)
        raise NoPicture(missing or "The camera has no picture yet.")

    def stream(self, camera: str | None, variant: Variant = DEFAULT) -> Iterator[bytes]:
        """Multipart bytes without end. Without a camera: the placeholder until one appears, then that one."""
        with closing(self._pictures(camera, variant)) as pictures:
            yield from mjpeg.stream(pictures)

    def _pictures(self, camera: str | None, variant: Variant) -> Generator[mjpeg.Picture]:
        """Each new picture; the same again after a moment without one, by which a viewer that is gone is noticed."""
        waiting = mjpeg.picture(Kind.PLACEHOLDER, placeholder())
        while camera is None and not self.closed:
            yield waiting
            time.sleep(_IDLE_S)
            camera = self.default_camera()
        if camera is None:
            return
        waker = threading.Event()
        with self.watching(camera, variant) as channel, channel.waking(waker):
            while not self.closed:
                shown = channel.shown
                if shown is not None:
                    yield shown.part
                if channel.shown is shown:
                    waker.wait(max(_IDLE_S, 1 / variant.fps if variant.fps else 0))
                waker.clear()

    def default_camera(self) -> str | None:
        """The camera with the newest frame; None if there is none, or Redis does not answer."""
        try:
            return next(iter(self._shared.frames.cameras()), None)
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
            readers = list(self._all)
        for reader in readers:
            reader.stop()
        for reader in readers:  # all of them end at the same time
            reader.stop(4 * LISTEN_S)
        self._shared.redis.connection_pool.disconnect()  # `close` leaves a pool that the client was given as it is
