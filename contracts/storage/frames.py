"""Live frames in Redis: newest wins, older is dropped, everything expires within seconds."""

import json
import secrets
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from redis import Redis

from contracts.devices import is_device
from contracts.frames import CameraOptions, Frame, FrameResult, FrameStamp
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.clock import servers_clock
from contracts.storage.connections import translate_errors
from contracts.storage.job_steps import servers_time
from contracts.storage.records import read_record
from contracts.storage.scripts import load_script
from contracts.storage.views import ViewStore

_CAMERA_KNOWN_S: Final = 3_600
_DEVICE_KNOWN_S: Final = 60
"""A browser's own camera, whose name is another one the next time."""
_REQUEST_LIFE_S: Final = 2.0
"""A request for analysis is worthless from then on."""


class Written(StrEnum):
    """What became of an analysis."""

    WRITTEN = "written"
    OLDER = "older"  # than one that is there, or was; or Redis has lost its data since the frame was taken
    CHANGED = "changed"  # another one came in between; made again with its state, this one may still be the newest


class StoredState(NamedTuple):
    """The state of a camera's tracker."""

    stamp: FrameStamp
    """Of the frame after which it was taken."""
    state: bytes
    width: int
    """Of that frame, in pixels; 0: not known."""


class FrameStore:
    """Frames and their analyses, one newest of each a camera; what viewers see of them is in `views`."""

    def __init__(self, redis: Redis, settings: Settings, clock: Callable[[], float] | None = None) -> None:
        """Use the frame Redis; `clock` gives seconds since 1970, in place of the server's and this host's clocks."""
        self._redis = redis
        self._settings = settings
        self._hosts_clock = clock or time.time
        self.now, self._steps_clock = clock or servers_clock(redis), clock or servers_time
        self._begin = load_script(redis, "begin_frames")
        self._publish = load_script(redis, "publish")
        self._take = load_script(redis, "take")
        self._reserve_request = load_script(redis, "reserve_request")
        self._put_analysis = load_script(redis, "put_analysis")
        self.views = ViewStore(redis, settings.frame_ttl_s, self._steps_clock)

    def begin(self, camera: str) -> FrameStamp:
        """Where the frames of a capture that begins now go on: the stamp before its first one."""
        with translate_errors():
            number = int(self._begin(keys=[keys.newest(camera)], args=[self._steps_clock()]))
        return FrameStamp(number, number)

    def publish(self, frame: Frame) -> bool:
        """Make this the camera's newest frame and announce it.

        Returns:
            False if there is a newer one, or was within the last hour; nothing was written. One that is there already
            counts as written: the driver asks twice if it gets no answer.
        """
        age_s, camera = self._hosts_clock() - frame.captured_at, frame.camera
        times = [age_s, self._steps_clock(), self._ttl_ms, _known_s(camera)]
        options = frame.options.model_dump_json()
        listed = "" if is_device(camera) else camera
        args = [listed, *frame.stamp, *times, keys.frames_channel(camera), frame.jpeg, options]
        with translate_errors():
            return bool(self._publish(keys=[keys.frame(camera), keys.newest(camera), keys.CAMERAS], args=args))

    def newest(self, camera: str) -> Frame | None:
        """The camera's newest frame.

        Returns:
            None if it has published none for `frame_ttl_s`.

        Raises:
            RecordUnreadable: its options are of a newer version; it may have to be blurred.
        """
        fields = self._read(keys.frame(camera), "epoch", "sequence", "captured_at", "jpeg", "options")
        if fields is None:
            return None
        return _frame(camera, fields[:4], fields[4])

    def take(self, camera: str, token: str) -> Frame | None:
        """The camera's newest frame, for analysis.

        Args:
            camera: which.
            token: of the request, as it was reserved.

        Returns:
            None if there is none, a worker has begun it already, or the request has come too late.

        Raises:
            RecordUnreadable: as `newest`.
        """
        names = [keys.frame(camera), keys.taken(camera), keys.requests(camera)]
        with translate_errors():
            found = self._take(keys=names, args=[token, self._steps_clock(), self._ttl_ms, secrets.token_hex(8)])
        if found is None:
            return None
        return _frame(camera, found[:4], found[5], found[4].decode())

    def options(self, camera: str) -> CameraOptions | None:
        """The options of the camera's newest frame, without fetching the image; None if there is no frame any more.

        Raises:
            RecordUnreadable: as `newest`.
        """
        fields = self._read(keys.frame(camera), "epoch", "options")
        return None if fields is None else _options(camera, fields[1])

    def captured_at(self, camera: str) -> float | None:
        """When the camera's newest frame was taken, without fetching the image.

        Returns:
            Seconds since 1970; None if there is no frame any more.
        """
        fields = self._read(keys.frame(camera), "captured_at")
        return None if fields is None else float(fields[0])

    def cameras(self) -> dict[str, float]:
        """Cameras that have published within the last hour → time of their last frame, newest first."""
        with translate_errors():
            self._redis.zremrangebyscore(keys.CAMERAS, "-inf", self.now() - _CAMERA_KNOWN_S)
            found = self._redis.zrevrange(keys.CAMERAS, 0, -1, withscores=True)
        return {name.decode(): float(score) for name, score in found}

    def known(self, camera: str) -> bool:
        """Whether it has published within the last hour, or somebody says how it is."""
        with translate_errors():
            told = self._redis.exists(keys.camera_status(camera))
        return bool(told) or camera in self.cameras()

    def erase(self, camera: str) -> bool:
        """Erase all that is kept of the camera: frame, analysis, views, and that it was there.

        One that goes on publishing comes back with its next frame.

        Returns:
            Whether anything was known of it.
        """
        own = (keys.frame, keys.newest, keys.faces, keys.taken, keys.requests, keys.tracks)
        names = (*own, keys.camera_status, keys.read)
        views = self.views.names(camera)
        with translate_errors(), self._redis.pipeline(transaction=True) as pipe:
            pipe.zrem(keys.CAMERAS, camera)
            pipe.unlink(*(name(camera) for name in names), *views)
            known, erased = pipe.execute()
        return bool(known or erased)

    def reserve_request(self, camera: str, token: str, spare: int = 0) -> bool:
        """Reserve one of the camera's requests for analysis in flight.

        Args:
            camera: which.
            token: names the request.
            spare: so many more than the limit may be in flight, for who counts them itself: a worker gives back its
                reservation a moment after the result.

        Returns:
            False if as many as ``camera_in_flight`` are on their way.
        """
        limit, life_ms = self._settings.camera_in_flight + spare, int(_REQUEST_LIFE_S * 2000)
        args = [token, self._steps_clock(), _REQUEST_LIFE_S, limit, life_ms]
        with translate_errors():
            return bool(self._reserve_request(keys=[keys.requests(camera)], args=args))

    def release_request(self, camera: str, token: str) -> None:
        """Give the reservation back."""
        with translate_errors():
            self._redis.zrem(keys.requests(camera), token)

    def put_result(
        self,
        result: FrameResult,
        tracker_state: bytes,
        mark: str,
        before: FrameStamp | None = None,
        next_track: int = 1,
    ) -> Written:
        """Store an analysis with the tracker's state after it.

        Args:
            result: the analysis.
            tracker_state: after it.
            mark: of the frame.
            before: the frame after which the state was taken that this one was made with; None: there was none.
            next_track: the number that the next face that is new will have.

        Returns:
            Whether it was written.
        """
        args = [result.epoch, result.sequence, self._ttl_ms, mark, *(before or ("", ""))]
        args += [result.model_dump_json(), tracker_state, next_track, _known_s(result.camera)]
        args.append(keys.results_channel(result.camera))
        with translate_errors():
            names = [name(result.camera) for name in (keys.faces, keys.taken, keys.tracks)]
            return Written(self._put_analysis(keys=names, args=args).decode())

    def result(self, camera: str) -> FrameResult | None:
        """The camera's newest analysis.

        Raises:
            RecordUnreadable: it is of a newer version.
        """
        fields = self._read(keys.faces(camera), "result")
        return None if fields is None else read_record(FrameResult, fields[0], f"The analysis of camera {camera}")

    def tracker_state(self, camera: str) -> StoredState | None:
        """The tracker's state and the frame after which it was taken."""
        fields = self._read(keys.faces(camera), "epoch", "sequence", "state", "result")
        if fields is None:
            return None
        return StoredState(FrameStamp(int(fields[0]), int(fields[1])), fields[2], _width(fields[3]))

    def next_track(self, camera: str, epoch: int) -> int:
        """The number that the next face that is new will have, also when the tracker's state has expired."""
        with translate_errors():
            found = self._redis.get(keys.tracks(camera))
        of_epoch, _, number = (found or b"0 1").decode().partition(" ")
        return int(number) if int(of_epoch) == epoch else 1

    def watched(self, camera: str) -> bool:
        """Whether any gateway has a viewer of this camera."""
        return bool(self.views.wanted(camera))

    def want(self, *cameras: str) -> None:
        """Say that somebody reads what these cameras show, for the next `frame_ttl_s`: they are not to rest."""
        with translate_errors(), self._redis.pipeline(transaction=False) as pipe:
            for camera in cameras:
                pipe.set(keys.read(camera), 1, px=self._ttl_ms)
            pipe.execute()

    def wanted(self, camera: str) -> bool:
        """Whether anybody watches this camera, or reads what it shows."""
        with translate_errors():
            return bool(self._redis.exists(keys.read(camera))) or self.watched(camera)

    @property
    def _ttl_ms(self) -> int:
        return int(self._settings.frame_ttl_s * 1000)

    def _read(self, key: str, *fields: str) -> list[bytes] | None:
        with translate_errors():
            found = self._redis.hmget(key, list(fields))
        return None if found[0] is None else found


def _width(result: bytes) -> int:
    """Of the frame of an analysis, without looking at all of it."""
    try:
        return int(json.loads(result)["width"])
    except (ValueError, TypeError, LookupError):
        return 0


def _known_s(camera: str) -> int:
    """How long the order of a camera's frames, and the number of its next face, are kept."""
    return _DEVICE_KNOWN_S if is_device(camera) else _CAMERA_KNOWN_S


def _frame(camera: str, fields: list[bytes], stored_options: bytes | None, mark: str = "") -> Frame:
    """A frame as it was stored; captures of versions before this one write no options."""
    epoch, sequence, captured_at, jpeg = fields
    options = _options(camera, stored_options)
    return Frame(camera, FrameStamp(int(epoch), int(sequence)), float(captured_at), jpeg, mark, options)


def _options(camera: str, stored: bytes | None) -> CameraOptions:
    name = f"What is to be done with frames of camera {camera}"
    # In full: an option that is not known here may be one more reason not to show, or not to keep, the frame.
    return read_record(CameraOptions, stored, name, in_full=True) if stored else CameraOptions()
