"""Wrong keys are answered ever more slowly, to their address only."""

import threading

import pytest

from api.access.failures import Failures
from contracts.errors import QuotaExceeded
from support.clocks import ManualClock


def test_delays_grow_to_a_limit_and_are_forgotten(clock: ManualClock) -> None:
    delays: list[float] = []
    failures = Failures(delays.append, clock)
    for _ in range(5):
        failures.add("10.0.0.1")
    assert delays == [], "a person mistypes"
    for _ in range(20):
        failures.add("10.0.0.1")
    assert delays[:3] == [0.1, 0.2, 0.4]
    assert delays[-1] == max(delays) == 2.0
    failures.add("10.0.0.2")
    assert len(delays) == 20, "another address is not concerned"
    clock.now += 61
    failures.add("10.0.0.1")
    assert len(delays) == 20


def test_an_address_whose_wrong_keys_wait_is_not_listened_to(clock: ManualClock) -> None:
    end, waiting = threading.Event(), threading.Semaphore(0)

    def sleep(_: float) -> None:
        waiting.release()
        end.wait()

    failures = Failures(sleep, clock)
    for _ in range(5):
        failures.add("10.0.0.1")
    threads = [threading.Thread(target=failures.add, args=["10.0.0.1"]) for _ in range(10)]
    for thread in threads:
        failures.check("10.0.0.1")
        thread.start()
        waiting.acquire()
    with pytest.raises(QuotaExceeded):
        failures.check("10.0.0.1")
    failures.check("10.0.0.2")
    end.set()
    for thread in threads:
        thread.join()
    failures.check("10.0.0.1")


def test_memory_is_bounded(clock: ManualClock) -> None:
    failures = Failures(lambda _: None, clock)
    for number in range(10_100):
        failures.add(str(number))
    assert len(failures._seen) == 10_000
