"""Follows one camera for all its viewers in this process: what it hears and reads of it, its channels are offered."""

import logging
from collections.abc import Callable
from typing import Final, NamedTuple

from redis import Redis

from api.live.channel import Channel
from api.live.server_time import ServerTime
from api.live.state import CameraState
from contracts.cameras import CameraStatus
from contracts.errors import MienError
from contracts.frames import CameraOptions
from contracts.logs import log_context
from contracts.settings import Settings
from contracts.storage.cameras import CameraStatuses
from contracts.storage.frames import FrameStore
from contracts.storage.subscription import Notices, Subscription, Topic
from contracts.storage.views import announced
from contracts.views import Variant

_WANT_EVERY_S: Final = 1.0
"""So often it is said again what is wanted, and looked at how the camera is."""

logger = logging.getLogger(__name__)


class Shared(NamedTuple):
    """What all readers of a process work with."""

    settings: Settings
    redis: Redis
    """For subscriptions; one connection each."""
    frames: FrameStore
    statuses: CameraStatuses
    clock: Callable[[], float]
    """Seconds, never put back."""
    server_time: ServerTime


class CameraReader:
    """Follows one camera for as long as it has viewers."""

    def __init__(self, camera: str, shared: Shared) -> None:
        self.channels: dict[Variant, Channel] = {}
        self.state = CameraState("connecting")
        self.stopped = False
        self._camera, self._shared = camera, shared
        self._frames, self._settings, self._clock = shared.frames, shared.settings, shared.clock
        self._status: CameraStatus | None = None
        self._options = CameraOptions()
        self._frame_at = self._want_at = float("-inf")
        self._subscription = Subscription.to_camera(
            shared.redis, camera, on_notices=self._on_notices, on_error=self._on_error
        )

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
            made = self._frames.views.want(self._camera, list(channels))
            for variant, channel in channels.items():
                channel.has_place = variant in made
            self._shared.server_time.refresh()
            self._status = self._shared.statuses.get(self._camera)

    def _look_at_state(self) -> None:
        arrives = self._clock() <= self._frame_at + self._settings.frame_ttl_s
        self.state = CameraState.judge(self._status, self._options, arrives=arrives)

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
            age_s = max(0.0, self._shared.server_time.now() - frame.captured_at)
            self._frame_at = max(self._frame_at, self._clock() - age_s)
            self._know(frame.options)
            for channel in channels:
                channel.offer_frame(frame, self._clock())

    def _know(self, options: CameraOptions) -> None:
        self._options = options

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
