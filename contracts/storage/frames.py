"""Live frames in Redis: newest wins, older is dropped, everything expires within seconds."""

import time
from collections.abc import Callable
from typing import Any

from redis import Redis

from contracts.frames import AnnotatedFrame, Frame, FrameResult, FrameStamp
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.records import read_record
from contracts.storage.scripts import load_script

_CAMERA_KNOWN_S = 3_600
_REQUEST_LIFE_S = 2.0


class FrameStore:
    """Frames, their analyses and annotated frames, one newest of each a camera."""

    def __init__(self, redis: Redis, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        """Use the frame Redis; `clock` gives seconds since 1970."""
        self._redis = redis
        self._settings = settings
        self._clock = clock
        self._reserve_request = load_script(redis, "reserve_request")
        self._put_newer = load_script(redis, "put_newer")

    def publish(self, frame: Frame) -> bool:
        """Make this the camera's newest frame and announce it.

        Returns:
            False if a newer one is there already; nothing was written.
        """
        values = {"captured_at": frame.captured_at, "jpeg": frame.jpeg}
        channel = keys.frames_channel(frame.camera)
        written = self._put(keys.frame(frame.camera), frame.stamp, channel, values)
        with translate_errors():
            self._redis.zadd(keys.CAMERAS, {frame.camera: frame.captured_at})
        return written

    def newest(self, camera: str) -> Frame | None:
        """The camera's newest frame.

        Returns:
            None if it has published none for `frame_ttl_s`.
        """
        fields = self._read(keys.frame(camera), "epoch", "sequence", "captured_at", "jpeg")
        if fields is None:
            return None
        return Frame(camera, FrameStamp(int(fields[0]), int(fields[1])), float(fields[2]), fields[3])

    def take(self, camera: str) -> Frame | None:
        """The camera's newest frame, for analysis.

        Returns:
            None if there is none, or a worker has begun it already.
        """
        frame = self.newest(camera)
        if frame is None or not self._put(keys.taken(camera), frame.stamp, "", {}):
            return None
        return frame

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
            self._redis.zremrangebyscore(keys.CAMERAS, "-inf", self._clock() - _CAMERA_KNOWN_S)
            found = self._redis.zrevrange(keys.CAMERAS, 0, -1, withscores=True)
        return {name.decode(): float(score) for name, score in found}

    def erase(self, camera: str) -> bool:
        """Erase all that is kept of the camera: frame, analysis, annotated frame, and that it was there.

        One that goes on publishing comes back with its next frame.

        Returns:
            Whether anything was known of it.
        """
        names = (keys.frame, keys.faces, keys.annotated, keys.taken, keys.requests, keys.watched)
        with translate_errors(), self._redis.pipeline(transaction=True) as pipe:
            pipe.zrem(keys.CAMERAS, camera)
            pipe.unlink(*(name(camera) for name in names))
            known, erased = pipe.execute()
        return bool(known or erased)

    def reserve_request(self, camera: str, token: str) -> bool:
        """Reserve one of the camera's requests for analysis in flight.

        Returns:
            False if as many as ``camera_in_flight`` are on their way.
        """
        now = self._clock()
        args = [
            token,
            now,
            now + _REQUEST_LIFE_S,
            self._settings.camera_in_flight,
            int(_REQUEST_LIFE_S * 2000),
        ]
        with translate_errors():
            return bool(self._reserve_request(keys=[keys.requests(camera)], args=args))

    def release_request(self, camera: str, token: str) -> None:
        """Give the reservation back."""
        with translate_errors():
            self._redis.zrem(keys.requests(camera), token)

    def put_result(self, result: FrameResult, tracker_state: bytes) -> bool:
        """Store an analysis with the tracker's state after it.

        Returns:
            False if a newer one is there already; nothing was written.
        """
        values = {"result": result.model_dump_json(), "state": tracker_state}
        stamp = FrameStamp(result.epoch, result.sequence)
        return self._put(keys.faces(result.camera), stamp, "", values)

    def result(self, camera: str) -> FrameResult | None:
        """The camera's newest analysis.

        Raises:
            RecordUnreadable: it is of a newer version.
        """
        fields = self._read(keys.faces(camera), "result")
        return None if fields is None else read_record(FrameResult, fields[0], f"The analysis of camera {camera}")

    def tracker_state(self, camera: str) -> tuple[FrameStamp, bytes] | None:
        """The tracker's state and the frame after which it was taken."""
        fields = self._read(keys.faces(camera), "epoch", "sequence", "state")
        return None if fields is None else (FrameStamp(int(fields[0]), int(fields[1])), fields[2])

    def watch(self, camera: str) -> None:
        """Say that there are viewers, for the next `frame_ttl_s`: workers draw only then."""
        with translate_errors():
            self._redis.set(keys.watched(camera), 1, px=self._ttl_ms)

    def watched(self, camera: str) -> bool:
        """Whether any gateway has a viewer of this camera."""
        with translate_errors():
            return bool(self._redis.exists(keys.watched(camera)))

    def put_annotated(self, camera: str, annotated: AnnotatedFrame) -> bool:
        """Store an annotated frame and announce it.

        Returns:
            False if a newer one is there already; nothing was written.
        """
        values = {"captured_at": annotated.captured_at, "jpeg": annotated.jpeg, "model": annotated.model}
        return self._put(keys.annotated(camera), annotated.stamp, keys.annotated_channel(camera), values)

    def annotated(self, camera: str) -> AnnotatedFrame | None:
        """The camera's newest annotated frame."""
        fields = self._read(keys.annotated(camera), "epoch", "sequence", "captured_at", "jpeg", "model")
        if fields is None:
            return None
        stamp, model = FrameStamp(int(fields[0]), int(fields[1])), (fields[4] or b"").decode()
        return AnnotatedFrame(stamp, float(fields[2]), fields[3], model)

    @property
    def _ttl_ms(self) -> int:
        return int(self._settings.frame_ttl_s * 1000)

    def _put(self, key: str, stamp: FrameStamp, channel: str, values: dict[str, Any]) -> bool:
        pairs = [part for pair in values.items() for part in pair]
        with translate_errors():
            return bool(self._put_newer(keys=[key], args=[*stamp, self._ttl_ms, channel, *pairs]))

    def _read(self, key: str, *fields: str) -> list[bytes] | None:
        with translate_errors():
            found = self._redis.hmget(key, list(fields))
        return None if found[0] is None else found
