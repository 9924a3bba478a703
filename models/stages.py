"""Where an analysis spends its time."""

import time
from collections.abc import Callable


class StageTimer:
    """A stopwatch: each stage gets what has passed since the last one ended, and what this thread has computed."""

    def __init__(
        self,
        cpu_seconds: dict[str, float] | None = None,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        """Start. CPU time is added to ``cpu_seconds`` by stage, if given; both clocks are in seconds."""
        self.milliseconds: dict[str, float] = {}
        self.cpu_seconds = {} if cpu_seconds is None else cpu_seconds
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._last = clock()
        self._last_cpu = cpu_clock()

    def end(self, stage: str) -> None:
        """Add the time since the last stage's end to this one; a stage may come several times."""
        now, cpu = self._clock(), self._cpu_clock()
        self.milliseconds[stage] = round(self.milliseconds.get(stage, 0.0) + (now - self._last) * 1000, 3)
        self.cpu_seconds[stage] = self.cpu_seconds.get(stage, 0.0) + cpu - self._last_cpu
        self._last, self._last_cpu = now, cpu
