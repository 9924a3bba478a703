"""Places on a device, in order."""

import threading

import pytest

from models.runtimes.places import FEW, Places
from support.clocks import wait_for


class Threads:
    """Threads that want a place one after the other, while the only one is taken."""

    def __init__(self, places: Places) -> None:
        self._places, self.order = places, list[str]()
        self._threads = list[threading.Thread]()

    def want(self, name: str, items: int) -> None:
        def work() -> None:
            with self._places.one(items):
                self.order.append(name)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self._threads.append(thread)
        wait_for(lambda: self._places.waiting == len(self._threads), "a thread that waits for a place")

    def join(self) -> list[str]:
        for thread in self._threads:
            thread.join(30)
        return self.order


def test_small_calls_come_first_and_otherwise_who_came_first() -> None:
    places = Places(1)
    threads = Threads(places)
    with places.one():
        for name, items in (("batch", 256), ("photo", 1), ("another batch", FEW + 1), ("faces", FEW)):
            threads.want(name, items)
    assert threads.join() == ["photo", "faces", "batch", "another batch"]


def test_who_leaves_a_place_and_wants_another_is_behind_those_that_wait() -> None:
    places = Places(1)
    threads = Threads(places)
    with places.one(256):
        threads.want("waited", 256)
    with places.one(1):
        threads.order.append("came again")
    assert threads.join() == ["waited", "came again"]


def test_there_are_as_many_as_are_said_also_after_an_error() -> None:
    places = Places(2)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), places.one():
            raise ZeroDivisionError
    with places.one(), places.one():
        assert places.waiting == 0
