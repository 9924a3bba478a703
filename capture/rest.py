"""A camera that nobody needs rests."""

import time
from typing import Final

from capture.pacing import Clock, Sleep
from contracts.errors import MienError
from contracts.storage.frames import FrameStore

INTERVAL_S: Final = 0.8
"""Between frames that nobody watches: less than the second after which their analysis counts as stalled."""
_LOOK_EVERY_S: Final = 0.2
"""How long somebody who comes waits at most."""


class Rest:
    """Waits after a frame for as long as nobody watches the camera or reads what it shows, within bounds."""

    def __init__(
        self, frames: FrameStore, camera: str, clock: Clock = time.monotonic, sleep: Sleep = time.sleep
    ) -> None:
        """Look at one camera; `clock` gives seconds that never go back, `sleep` waits for some."""
        self._frames = frames
        self._camera = camera
        self._clock = clock
        self._sleep = sleep
        self._looked_at = float("-inf")
        self._wanted = True

    def wait(self) -> None:
        """Return at once if somebody is there, otherwise when somebody comes, or the next frame is due."""
        until = self._clock() + INTERVAL_S
        while not self._is_wanted() and self._clock() < until:
            self._sleep(_LOOK_EVERY_S)

    def _is_wanted(self) -> bool:
        now = self._clock()
        if now >= self._looked_at + _LOOK_EVERY_S:
            self._looked_at = now
            try:
                self._wanted = self._frames.wanted(self._camera)
            except MienError:  # nobody can tell; publishing says what is wrong
                self._wanted = True
        return self._wanted
