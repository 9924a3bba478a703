"""When to do the next thing: at a steady rate, or again after a failure."""

import random
import time
from collections.abc import Callable, Iterator

Clock = Callable[[], float]
Sleep = Callable[[float], None]


class Pacer:
    """Slots at a steady rate. Slots that have passed are left out, never made up for in a burst."""

    def __init__(self, per_second: float, clock: Clock = time.monotonic, sleep: Sleep = time.sleep) -> None:
        """Begin with a slot now.

        Args:
            per_second: slots a second.
            clock: gives seconds; it never goes back.
            sleep: waits for a number of seconds.
        """
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    def wait(self) -> None:
        """Return at the next slot; at once if it has passed already."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
            now = self._next
        late = now - self._next
        self._next = (self._next if late < self._interval else now) + self._interval


def backoff_delays(first_s: float = 1.0, longest_s: float = 60.0) -> Iterator[float]:
    """Seconds to wait before each further attempt: a fifth longer each time up to a limit, shortened by up to half.

    They grow slowly, so that a camera that was away for half a minute is tried again within nine seconds. The chance
    keeps a hundred cameras behind one router from coming back at the same moment.
    """
    pause = first_s
    while True:
        yield pause * random.uniform(0.5, 1.0)
        pause = min(1.2 * pause, longest_s)
