"""Pictures of one browser's camera, from its messages to frames and from their analyses to its answers.

A few pictures are in flight at a time; of those that come meanwhile the newest waits, and takes its turn when there is
one. Each is answered once: with what was read, or with why it was dropped.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from redis import Redis

from api.live.ingest_messages import IN_FLIGHT, IngestDropped, IngestResult
from api.live.schemas import EmotionData, LiveState
from contracts.errors import CameraTaken, MienError
from contracts.frames import CameraOptions, Frame, FrameResult, FrameStamp
from contracts.results import Message
from contracts.storage.frames import FrameStore
from contracts.storage.subscription import Notices, Subscription

_GIVEN_UP_S: Final = 2.5
"""After so long no worker will analyse a picture any more."""
_NEWER_CAME: Final = "A newer picture came before it was this one's turn."
_NEWER_READ: Final = "A newer picture was analysed in its place."
_NOT_READ: Final = "No worker analysed it in time."
_TOO_MANY: Final = "Too many pictures wait for workers."

logger = logging.getLogger(__name__)


class Requests(Protocol):
    """Asks workers for analyses."""

    def __call__(self, camera: str, stamp: FrameStamp) -> bool:
        """Ask for that of the newest frame; False if too many are asked for already."""
        ...


class SentCamera(NamedTuple):
    """A camera that a browser may send."""

    name: str
    options: CameraOptions
    fps: float
    width: int = 1280
    """Longest side in pixels that is wanted."""
    quality: int = 80
    """Of the JPEGs that are wanted."""


class _Picture(NamedTuple):
    number: int
    jpeg: bytes
    came_at: float
    """Seconds since 1970, by this host's clock."""


class _Asked(NamedTuple):
    number: int
    given_up_at: float


class Sender:
    """One connection. Pictures come on one thread, results on another; answers are written by both."""

    def __init__(
        self,
        camera: SentCamera,
        frames: FrameStore,
        redis: Redis,
        requests: Requests,
        answer: Callable[[str], None],
        *,
        faces_only: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to publish.

        Args:
            camera: whose pictures.
            frames: where frames go, and results come from.
            redis: hears of results; a connection of it is taken from `start` to `stop`.
            requests: asks for analyses.
            answer: sends a text to the browser; what it raises ends the work.
            faces_only: tell no emotions.
            clock: seconds.
        """
        self._camera, self._frames, self._requests, self._answer = camera, frames, requests, answer
        self._faces_only, self._clock = faces_only, clock
        self._lock = threading.Lock()
        self._stamp: FrameStamp | None = None
        self._waiting: _Picture | None = None
        self._asked: dict[int, _Asked] = {}
        """By sequence, oldest first."""
        self._next_at = float("-inf")
        self._taken: CameraTaken | None = None
        self._subscription = Subscription.to_results(
            redis, camera.name, on_notices=self._on_notices, on_error=self._on_error
        )

    def start(self) -> None:
        """Begin to hear of results."""
        self._subscription.start()

    def stop(self) -> None:
        """Answer nothing any more."""
        self._subscription.stop()

    def add(self, number: int, jpeg: bytes) -> None:
        """A picture has come, and has been looked at."""
        with self._lock:
            before, self._waiting = self._waiting, _Picture(number, jpeg, time.time())
        if before is not None:
            self.drop(before.number, _NEWER_CAME)
        self.look()

    def drop(self, number: int, why: str = _NEWER_CAME) -> None:
        """Answer that a picture is not analysed."""
        self._tell([IngestDropped(number=number, dropped=why)])

    def look(self) -> float:
        """Publish what waits, if it is its turn, and give up what was not analysed.

        Returns:
            For how many seconds there is nothing to do but for results.

        Raises:
            CameraTaken: another one publishes under this name.
        """
        with self._lock:
            if self._taken is not None:
                raise self._taken
            now = self._clock()
            answers: list[Message] = [
                IngestDropped(number=asked.number, dropped=_NOT_READ)
                for asked in self._take(lambda _, asked: asked.given_up_at <= now)
            ]
            picture = self._waiting
            wait_s = self._next_at - now
            if picture is not None and len(self._asked) < IN_FLIGHT and wait_s <= 0:
                self._waiting = None
                every_s = 1 / self._camera.fps
                self._next_at = max(self._next_at, now - every_s / 2) + every_s  # networks do not keep time
                problem = self._publish(picture, now)
                if problem:
                    answers.append(IngestDropped(number=picture.number, dropped=problem))
        self._tell(answers)
        return wait_s if self._waiting is not None and wait_s > 0 else 1.0

    def _publish(self, picture: _Picture, now: float) -> str:
        """Publish it and ask for its analysis. Returns why that was not possible."""
        try:
            before = self._stamp or self._frames.begin(self._camera.name)
            stamp = FrameStamp(before.epoch, before.sequence + 1)
            frame = Frame(self._camera.name, stamp, picture.came_at, picture.jpeg, options=self._camera.options)
            self._stamp = stamp  # first: a frame may have been written although its answer is lost
            if not self._frames.publish(frame):
                raise CameraTaken("Another camera publishes under this name.")
            if not self._requests(self._camera.name, stamp):
                return _TOO_MANY
        except CameraTaken as error:
            self._taken = error  # also the other thread is to hear of it
            raise
        except MienError as error:
            return str(error)
        self._asked[stamp.sequence] = _Asked(picture.number, now + _GIVEN_UP_S)
        return ""

    def _on_notices(self, notices: Notices) -> None:
        if notices.items or notices.subscribed or self._asked:  # workers of versions before announce nothing
            result = self._frames.result(self._camera.name)
            if result is not None and self._stamp is not None and result.epoch == self._stamp.epoch:
                self._tell(self._answers_to(result, self._frames.now()))
        self.look()

    def _answers_to(self, result: FrameResult, now: float) -> list[Message]:
        with self._lock:
            answered = self._asked.pop(result.sequence, None)
            passed = self._take(lambda sequence, _: sequence < result.sequence)
        answers: list[Message] = [IngestDropped(number=asked.number, dropped=_NEWER_READ) for asked in passed]
        if answered is not None:
            data = EmotionData.of(self._camera.name, LiveState.LIVE, result, now, faces_only=self._faces_only)
            answers.append(IngestResult(number=answered.number, sequence=result.sequence, result=data))
        return answers

    def _take(self, wanted: Callable[[int, _Asked], bool]) -> list[_Asked]:
        """Take away those in flight that are wanted."""
        chosen = [sequence for sequence, asked in self._asked.items() if wanted(sequence, asked)]
        return [self._asked.pop(sequence) for sequence in chosen]

    def _tell(self, answers: list[Message]) -> None:
        for message in answers:
            self._answer(message.model_dump_json())

    def _on_error(self, error: Exception) -> None:
        """The connection ends by the thread that reads it; what Redis missed is given up in time."""
        logger.debug("results of camera %s are not heard: %s", self._camera.name, error)
