"""Where an analysis spends its time."""

import time
from collections.abc import Callable


class Stages:
    """A stopwatch: each stage gets what has passed since the last one ended."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """Start; ``clock`` gives seconds."""
        self.milliseconds: dict[str, float] = {}
        self._clock = clock
        self._last = clock()

    def end(self, stage: str) -> None:
        """Add the time since the last stage's end to this one; a stage may come several times."""
        now = self._clock()
        self.milliseconds[stage] = round(self.milliseconds.get(stage, 0.0) + (now - self._last) * 1000, 3)
        self._last = now
