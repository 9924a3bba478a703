"""Threads that one kind of work may have."""

from workers.places import Places


def test_there_are_so_many_and_nobody_waits() -> None:
    places = Places(2)
    assert [places.take() for _ in range(3)] == [True, True, False]
    assert places.full
    places.leave()
    assert not places.full
    assert places.take()


def test_a_worker_of_one_thread_has_one() -> None:
    assert Places(0).take()


def test_who_leaves_hears_once_that_somebody_was_turned_away() -> None:
    places = Places(2)
    assert [places.take() for _ in range(4)] == [True, True, False, False]
    assert [places.leave(), places.leave()] == [True, False]
    assert places.take()
    assert not places.leave()
