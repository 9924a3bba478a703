"""Threads shared by parties: a busy one holds up its own work only."""

import threading
from collections.abc import Iterator

import pytest

from workers.fair_pool import FairPool


class Blocked:
    """Work that does not end before it is told to."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.end = threading.Event()

    def __call__(self) -> None:
        self.begun.release()
        self.end.wait()


@pytest.fixture
def blocked() -> Iterator[Blocked]:
    work = Blocked()
    yield work
    work.end.set()


@pytest.fixture
def pool(blocked: Blocked) -> Iterator[FairPool]:
    pool = FairPool("test", threads=4, share=2, waiting=3)
    yield pool
    blocked.end.set()
    pool.close()


def test_a_party_whose_work_never_ends_holds_up_no_other(pool: FairPool, blocked: Blocked) -> None:
    outcomes = [pool.submit(["tarpit"], blocked) for _ in range(7)]
    assert outcomes == [True] * 5 + [False] * 2, "two run, three wait"
    done = threading.Event()
    assert pool.submit(["another"], done.set)
    assert done.wait(30)


def test_work_counts_to_each_of_its_parties(pool: FairPool, blocked: Blocked) -> None:
    for host in ("a", "b", "c"):
        assert pool.submit(["client", host], blocked)
    done = threading.Event()
    pool.submit(["c"], done.set)
    assert done.wait(30), "the third of the client waits, its host's other work does not"
    assert blocked.begun.acquire(timeout=30)
    assert blocked.begun.acquire(timeout=30)
    assert not blocked.begun.acquire(blocking=False)


def test_what_waits_runs_when_its_party_is_free_again(pool: FairPool, blocked: Blocked) -> None:
    done = threading.Semaphore(0)
    for _ in range(2):
        pool.submit(["busy"], blocked)
    for _ in range(3):
        pool.submit(["busy"], done.release)
    assert not done.acquire(blocking=False)
    blocked.end.set()
    assert all(done.acquire(timeout=30) for _ in range(3))


def test_work_that_fails_gives_its_thread_back(pool: FairPool) -> None:
    def fail() -> None:
        raise ValueError

    for _ in range(3):
        assert pool.submit(["one"], fail)
    done = threading.Event()
    assert pool.submit(["one"], done.set) or pool.submit(["two"], done.set)
    assert done.wait(30)


def test_closing_forgets_what_waits(blocked: Blocked) -> None:
    pool, ran = FairPool("test", threads=1, share=1, waiting=3), list[str]()
    pool.submit(["one"], blocked)
    pool.submit(["one"], lambda: ran.append("waiting"))
    blocked.begun.acquire()
    closing = threading.Thread(target=pool.close)
    closing.start()
    blocked.end.set()
    closing.join(30)
    assert not closing.is_alive()
