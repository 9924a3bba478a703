"""Browsers as cameras: whose name it is, which pictures are taken, and how long a connection may say nothing."""

import time
from typing import Final, Protocol

from api.http.websockets import WebSocket
from api.live.browser_cameras import BrowserCameras
from api.live.held_name import HeldName, taken
from api.live.ingest_messages import IN_FLIGHT, IngestReady, IngestTerms
from api.live.mjpeg import breaks_stream
from api.live.sender import Sender, SentCamera
from contracts.errors import CameraNotFound, CameraTaken, InvalidImage
from contracts.frames import FrameStamp
from contracts.queues import LIVE
from contracts.settings import Settings
from contracts.storage.cameras import CameraStatuses
from contracts.storage.connections import connect
from contracts.storage.dispatch import Dispatcher
from contracts.storage.frames import FrameStore
from contracts.storage.jobs import JobStore
from contracts.storage.senders import SenderStore
from models.images.plain_jpeg import picture_of

MAX_BYTES: Final = 1_000_000
"""Of a picture. One of full HD at a high quality has half as many."""
MAX_PIXELS: Final = 2_073_600
"""Full HD: more is of no use to detectors, and costs workers time."""
_QUEUE_LIMIT: Final = 200
"""Requests for analysis that wait, of all cameras: beyond, none is analysed in time anyway."""
_SILENT_S: Final = 30.0
"""Without a picture for so long, a browser gives the name back."""
_TURN_S: Final = 0.25
_LOOK_EVERY_S: Final = 1.0
"""Whether the registry still says the same of a camera."""
_CODE_GONE: Final = 4404
_CODE_TAKEN: Final = 4409
_CODE_AGAIN: Final = 1012
_CODE_TEXT: Final = 1003
_CODE_SILENT: Final = 4408


class Allowance(Protocol):
    """Counts pictures towards a client's rate."""

    def __call__(self) -> str:
        """Count one. Returns why it may not be sent; empty if it may."""
        ...


class Ingest:
    """All browsers that send to this process, and what they work with."""

    def __init__(self, settings: Settings, frames: FrameStore, jobs: JobStore, statuses: CameraStatuses) -> None:
        """Prepare; nothing is connected yet.

        Args:
            settings: limits, and where Redis is.
            frames: where frames go.
            jobs: tells how many requests wait.
            statuses: where it is said that a camera of the registry is there.
        """
        self._settings, self._frames, self._jobs, self._statuses = settings, frames, jobs, statuses
        self.cameras = BrowserCameras(settings)
        self._redis = connect(
            settings.frame_redis_url, name="mien-gateway-senders", max_connections=2 * settings.max_senders + 8
        )
        self._names = SenderStore(self._redis)
        self._dispatcher = Dispatcher(settings)

    def check_free(self, name: str) -> None:
        """Refuse a name that somebody has.

        Raises:
            CameraTaken: another sender has it.
        """
        if self._names.held(name):
            raise taken()

    def hold(self, camera: SentCamera) -> HeldName:
        """Take a name, or raise `CameraTaken`."""
        return HeldName(self._names, self._statuses, camera)

    def serve(self, socket: WebSocket, name: HeldName, allow: Allowance) -> None:
        """Speak with a browser until one of both has enough."""
        camera = name.camera
        sender = Sender(
            camera,
            self._frames,
            self._redis,
            self._request,
            socket.send,
            faces_only=self._settings.faces_only,
        )
        terms = IngestTerms(
            camera=camera.name,
            max_bytes=MAX_BYTES,
            max_pixels=self._max_pixels,
            in_flight=IN_FLIGHT,
            fps=camera.fps,
            width=camera.width,
            quality=camera.quality,
        )
        socket.send(IngestReady(ready=terms).model_dump_json())
        sender.start()
        try:
            self._receive(socket, sender, name, allow)
        except CameraTaken as error:
            socket.close(_CODE_TAKEN, str(error))
        finally:
            sender.stop()

    def close(self) -> None:
        """Close the connections."""
        self._dispatcher.close()
        self._redis.connection_pool.disconnect()

    @property
    def _max_pixels(self) -> int:
        return min(MAX_PIXELS, self._settings.max_pixels)

    def _receive(self, socket: WebSocket, sender: Sender, name: HeldName, allow: Allowance) -> None:
        number, heard_at = 0, time.monotonic()
        looked_at = heard_at
        wait_s = _TURN_S
        while True:
            name.hold_on(time.monotonic() - heard_at if number else None)
            if time.monotonic() > looked_at + _LOOK_EVERY_S:
                looked_at = time.monotonic()
                if problem := self._changed(name.camera):
                    return socket.close(*problem)
            message = socket.receive(min(wait_s, _TURN_S))
            while message is not None:
                if isinstance(message, str):
                    return socket.close(_CODE_TEXT, "Send pictures, as binary messages.")
                number, heard_at = number + 1, time.monotonic()
                newer = socket.receive(0)
                if newer is None:
                    self._take(sender, number, message, allow)
                else:
                    sender.drop(number)
                message = newer
            if time.monotonic() > heard_at + _SILENT_S:
                return socket.close(_CODE_SILENT, f"No picture came for {_SILENT_S:g} s.")
            wait_s = sender.look()

    def _changed(self, camera: SentCamera) -> tuple[int, str] | None:
        """With what a connection ends whose camera is another one in the registry now: it may have to be blurred."""
        try:
            now = self.cameras.find(camera.name)
        except CameraNotFound:
            return _CODE_GONE, "This camera may not be sent by browsers any more."
        return None if now == camera else (_CODE_AGAIN, "The camera's settings have changed; connect again.")

    def _take(self, sender: Sender, number: int, data: bytes, allow: Allowance) -> None:
        """Look at a picture, and drop it with a sentence or hand it on."""
        try:
            _, jpeg = picture_of(data, self._max_pixels)
        except InvalidImage as error:
            return sender.drop(number, str(error))
        problem = "The picture has the mark in it that divides a stream." if breaks_stream(jpeg) else allow()
        return sender.drop(number, problem) if problem else sender.add(number, jpeg)

    def _request(self, camera: str, stamp: FrameStamp) -> bool:
        token = f"{stamp.epoch}-{stamp.sequence}"
        if self._jobs.queue_depth(LIVE) >= _QUEUE_LIMIT or not self._frames.reserve_request(camera, token, spare=1):
            return False
        self._dispatcher.frame(camera, token)
        return True
