"""Time that a test turns by hand, and waiting for what happens in real time."""

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class ManualClock:
    """Moves only when a test sets `now`, or when the code under test sleeps."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        """The time, in seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let the time pass, at once."""
        self.slept.append(seconds)
        self.now += seconds


class WaitFor(Protocol):
    """The type of `wait_for`, for tests that take it as a fixture."""

    def __call__(self, condition: Callable[[], T], what: str, seconds: float = 60) -> T:
        """Poll the condition."""
        ...


def wait_for(condition: Callable[[], T], what: str, seconds: float = 60) -> T:
    """Poll a condition until it gives something true; fail, naming what was awaited, when that takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain for {what}")
