"""How a camera is, from what its process reports and for how long it has been silent."""

import math
from collections.abc import Callable
from typing import Final

from contracts.cameras import CameraSettings, CameraState, CameraStatus

STALLED_AFTER_S: Final = 2.5
"""Without an image for so long a camera counts as stalled."""
ENDED_AFTER_S: Final = 5.0
"""Then its process is ended, and another one connects."""
FIRST_IMAGE_S: Final = 15.0
"""A camera that connects has so long for its first image: some send a whole picture only every ten seconds."""
START_S: Final = 60.0
"""A process has so long until it opens its source: several that start at once on a small machine take their time."""
_INTERVALS: Final = 3
"""Of a camera that sends less than an image a second, so many may be missing, twice as many before its process ends."""
GOOD_S: Final = 30.0
"""Live for so long, a camera has recovered: the next pause begins small."""


class CameraHealth:
    """State of one camera, its reason, and since when; told by no clock but those that are given."""

    def __init__(self, camera: CameraSettings, clock: Callable[[], float], wall: Callable[[], float]) -> None:
        """Begin as connecting; `clock` gives seconds that never go back, `wall` seconds since 1970."""
        self.camera = camera
        self.kind = camera.kind
        self._clock, self._wall = clock, wall
        self._state: CameraState = "connecting"
        self._reason: str | None = None
        self._since = wall()
        self._started_at = self._opening_at = self._opened_at = self._read_at = self._live_at = math.nan
        self.recovered = False
        """Whether it was live for `GOOD_S` before it was not any more."""
        slow = _INTERVALS / camera.fps
        self._stalled_after_s = max(STALLED_AFTER_S, slow)
        self._ended_after_s = max(ENDED_AFTER_S, 2 * slow)

    @property
    def status(self) -> CameraStatus:
        """What is told of the camera."""
        one = self.camera
        return CameraStatus(
            name=one.name,
            kind=self.kind,
            state=self._state,
            reason=self._reason,
            since=self._since,
            fps=one.fps,
            blur=one.blur,
            history_s=one.history_s,
        )

    def started(self) -> None:
        """A process has been started. Until it says something, its source has had no part in it."""
        self._started_at = self._clock()
        self._opening_at = self._opened_at = self._read_at = math.nan

    def opening(self) -> None:
        """The process begins to open the source."""
        self._started_at, self._opening_at = math.nan, self._clock()

    def opened(self) -> None:
        """The source is open, or connects as it is read."""
        self._started_at = self._opening_at = math.nan
        self._opened_at = self._clock()

    def read(self) -> None:
        """An image has come."""
        self._read_at = self._clock()
        if self._state != "live":
            self._live_at = self._read_at
        self._become("live", None)

    def ended(self, reason: str) -> None:
        """The process has ended, or was ended."""
        self._started_at = self._opening_at = self._opened_at = self._read_at = math.nan
        self._become("gone", sentence(reason))

    def is_silent(self) -> bool:
        """Whether its process is to be ended, because no image comes. Comparisons with what never was are false."""
        now = self._clock()
        if not math.isnan(self._read_at):
            if now - self._read_at >= self._stalled_after_s:
                self._become("stalled", "Its source is connected, and sends no pictures any more.")
            return now - self._read_at >= self._ended_after_s
        if now - self._started_at >= START_S:
            self._become("gone", f"Its process has not begun within {START_S:g} s: the machine has too much to do.")
            return True
        if now - self._opening_at >= FIRST_IMAGE_S:
            self._become("stalled", f"Its source does not open within {FIRST_IMAGE_S:g} s.")
            return True
        silent = now - self._opened_at >= FIRST_IMAGE_S
        if silent or (now - self._opened_at >= ENDED_AFTER_S and self._state != "gone"):  # it may yet say why again
            self._become("stalled", "Its source has sent no picture since it was opened.")
        return silent

    def _become(self, state: CameraState, reason: str | None) -> None:
        if state != self._state and {state, self._state} != {"stalled", "gone"}:  # what is away is away since then
            self._since = self._wall()
        if self._state == "live" and state != "live":
            self.recovered = self._clock() - self._live_at >= GOOD_S
        self._state, self._reason = state, reason


def sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
