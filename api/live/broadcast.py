"""Live pictures for viewers: one reader a watched camera and process hands the same bytes to all of them.

Each viewer gets the newest picture when it is ready for one and skips what it missed, so a slow viewer costs the others
nothing. Viewers who want a camera in the same variant share a `Channel`, which says what is shown.
"""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Final
from weakref import WeakSet

from redis import Redis

from api.live import mjpeg
from api.live.channel import Channel, Kind, placeholder
from api.live.server_time import ServerTime
from api.live.state import GONE, CameraState
from contracts.cameras import CameraStatus
from contracts.errors import CameraNotFound, MienError, Overloaded
from contracts.frames import CameraOptions
from contracts.logs import log_context
from contracts.settings import Settings
from contracts.storage.cameras import CameraStatuses
from contracts.storage.connections import connect
from contracts.storage.frames import FrameStore
from contracts.storage.subscription import LISTEN_S, Notices, Subscription, Topic
from contracts.storage.views import MOST_VARIANTS, announced
from contracts.views import DEFAULT, Variant

Clock = Callable[[], float]
_WANT_EVERY_S: Final = 1.0
_IDLE_S: Final = 0.25

logger = logging.getLogger(__name__)


class CameraReader:
    """Follows one camera for as long as it has viewers."""

    def __init__(
        self, camera: str, frames: FrameStore, settings: Settings, redis: Redis, time: tuple[Clock, ServerTime]
    ) -> None:
        self.channels: dict[Variant, Channel] = {}
        self.state = CameraState("connecting")
        self.stopped = False
        self._camera = camera
        self._frames = frames
        self._settings = settings
        self._clock, self._server_time = time
        self._statuses = CameraStatuses(redis)
        self._said: CameraStatus | None = None
        self._frame_at = float("-inf")
        self._want_at = float("-inf")
        self._subscription = Subscription.to_camera(redis, camera, on_notices=self._on_notices, on_error=self._on_error)

    @property
    def viewers(self) -> int:
        """In all variants."""
        return sum(channel.viewers for channel in self.channels.values())

    def start(self) -> None:
        """Begin to follow the camera."""
        self._subscription.start()

    def stop(self, wait_s: float = 0.0) -> None:
        """End within a moment, for which this waits `wait_s` seconds at most; viewers still there see nothing new."""
        self.stopped = True
        self._subscription.stop(wait_s)
        for channel in tuple(self.channels.values()):
            channel.wake()

    def channel(self, variant: Variant) -> Channel:
        """The camera in this variant."""
        if variant not in self.channels:
            settings = self._settings
            self.channels[variant] = Channel(variant, settings.frame_ttl_s, faces_only=settings.faces_only)
            self._want_at = float("-inf")  # it is asked for with the next notices
        return self.channels[variant]

    def _on_notices(self, notices: Notices) -> None:
        channels, topics = dict(self.channels), {notice.topic for notice in notices.items}
        self._want(channels)
        if Topic.FRAME in topics:
            self._frame_at = self._clock()
            for channel in channels.values():
                channel.frame_came(self._clock())
        new = {v for notice in notices.items if notice.topic is Topic.VIEWS for v in announced(notice.text)}
        self._offer_views({variant: channels[variant] for variant in new if variant in channels})
        self._offer_frame([channel for channel in channels.values() if channel.wants_plain(self._clock())])
        for channel in channels.values():
            channel.show_placeholder_if_gone(self._clock())
        self._look_at_state()

    def _want(self, channels: dict[Variant, Channel]) -> None:
        if self._clock() >= self._want_at + _WANT_EVERY_S:
            self._want_at = self._clock()
            self._frames.views.want(self._camera, list(channels))
            self._server_time.refresh()
            self._said = self._statuses.get(self._camera)

    def _look_at_state(self) -> None:
        """By what is said of it, unless a frame has come since."""
        silent_s, said = self._clock() - self._frame_at, self._said
        if said is not None and said.state != "live" and silent_s > _WANT_EVERY_S:
            self.state = CameraState(said.state, said.reason, said.kind, said.blur)
        elif silent_s <= self._settings.frame_ttl_s:
            self.state = self.state._replace(state="live", reason=None)
        else:
            self.state = GONE._replace(kind=self.state.kind, blur=self.state.blur)

    def _offer_views(self, channels: dict[Variant, Channel]) -> None:
        if not channels:
            return
        newest, views = self._frames.views.get(self._camera, list(channels))
        for variant, channel in channels.items():
            if newest is not None:
                self._know(newest.options)
                channel.know(newest)
            if variant in views:
                channel.offer_view(views[variant], newest, self._clock())

    def _offer_frame(self, channels: list[Channel]) -> None:
        if not channels:
            return
        try:
            frame = self._frames.newest(self._camera)
        except MienError as error:
            self._log(error)
            return
        if frame is not None:
            age_s = max(0.0, self._server_time.now() - frame.captured_at)
            self._frame_at = max(self._frame_at, self._clock() - age_s)
            self._know(frame.options)
            for channel in channels:
                channel.offer_frame(frame, self._clock())

    def _know(self, options: CameraOptions) -> None:
        self.state = self.state._replace(kind=options.kind or None, blur=options.blur)

    def _on_error(self, error: Exception) -> None:
        self._log(error)
        for channel in tuple(self.channels.values()):
            channel.show_placeholder_if_gone(self._clock())

    def _log(self, error: Exception) -> None:
        with log_context(camera=self._camera):
            if isinstance(error, MienError):
                logger.warning("camera %s cannot be read: %s", self._camera, error)
            else:
                logger.error("unexpected error with camera %s", self._camera, exc_info=error)


class CameraHub:
    """All readers of this process, by camera."""

    def __init__(self, settings: Settings, frames: FrameStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._frames = frames
        self._redis = connect(settings.frame_redis_url, name="mien-gateway-video", max_connections=64)
        self.server_time = ServerTime(frames.now)
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
                reader = CameraReader(
                    camera, self._frames, self._settings, self._redis, (self._clock, self.server_time)
                )
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
            CameraNotFound: no camera of this name is known, nor has published within the last hour.
        """
        if camera not in self._readers and not self._frames.known(camera):
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
        if camera is not None and variant != DEFAULT and not self._frames.views.want(camera, [variant]):
            raise Overloaded(
                f"This camera is shown in {MOST_VARIANTS} forms already, counting the one without options; ask for one "
                "of those, or try again later.",
                retry_after=self._settings.frame_ttl_s,
            )

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
            readers = list(self._all)
        for reader in readers:
            reader.stop()
        for reader in readers:  # all of them end at the same time
            reader.stop(4 * LISTEN_S)
        self._redis.connection_pool.disconnect()  # `close` leaves a pool that the client was given as it is
