"""Where an analysis spends its time."""

import time
from collections.abc import Callable
from typing import NamedTuple


class Lap(NamedTuple):
    """One stretch of a stage."""

    stage: str
    begun_at: float
    """By the timer's clock, in seconds; so is the end."""
    ended_at: float


class StageTimer:
    """A stopwatch: each stage gets what has passed since the last one ended, and what this thread has computed."""

    def __init__(
        self,
        cpu_seconds: dict[str, float] | None = None,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] = time.thread_time,
        laps: list[Lap] | None = None,
    ) -> None:
        """Start. To what is given, CPU time is added by stage, and laps as they end. Clocks are in seconds."""
        self.milliseconds: dict[str, float] = {}
        self.cpu_seconds = {} if cpu_seconds is None else cpu_seconds
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._laps = laps
        self._last = self._lap_from = clock()
        self._last_cpu = cpu_clock()

    def end(self, stage: str) -> None:
        """Add the time since the last stage's end to this one; a stage may come several times."""
        now, cpu = self._clock(), self._cpu_clock()
        self.milliseconds[stage] = round(self.milliseconds.get(stage, 0.0) + (now - self._last) * 1000, 3)
        self.cpu_seconds[stage] = self.cpu_seconds.get(stage, 0.0) + cpu - self._last_cpu
        self._last, self._last_cpu = now, cpu
        self._add_lap(stage, now)

    def lap(self, name: str) -> None:
        """Note where a stage has come to by now, under a name of its own; the stage goes on."""
        if self._laps is not None:
            self._add_lap(name, self._clock())

    def _add_lap(self, name: str, now: float) -> None:
        if self._laps is not None:
            self._laps.append(Lap(name, self._lap_from, now))
            self._lap_from = now
