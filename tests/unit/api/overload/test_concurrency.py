"""A limit on concurrent work: full, slow, and when there is room again."""

import pytest

from api.overload.concurrency import ConcurrencyLimiter
from contracts.errors import Overloaded, QuotaExceeded
from support.clocks import ManualClock


def test_what_does_not_fit_is_refused_until_there_is_room(clock: ManualClock) -> None:
    limiter = ConcurrencyLimiter(10, "Full", clock)
    leave_first, leave_second = limiter.acquire(6), limiter.acquire(4)
    with pytest.raises(Overloaded, match="Full; try again later"):
        limiter.check()
    leave_second()
    leave_second()
    assert limiter.in_use == 6, "a holder that releases twice gives room back once"
    limiter.check(4)
    leave_first()
    assert limiter.in_use == 0


def test_what_is_larger_than_the_limit_gets_in_alone(clock: ManualClock) -> None:
    limiter = ConcurrencyLimiter(10, "Full", clock)
    with limiter.hold(11), pytest.raises(Overloaded):
        limiter.acquire(1)
    with limiter.hold(1), pytest.raises(Overloaded):
        limiter.acquire(11)


def test_retry_after_is_how_long_holders_take_lately(clock: ManualClock) -> None:
    limiter = ConcurrencyLimiter(1, "Full", clock)
    for _ in range(100):
        with limiter.hold():
            clock.now += 7
    with limiter.hold(), pytest.raises(Overloaded) as caught:
        limiter.check()
    assert caught.value.retry_after == pytest.approx(7, rel=0.01)


def test_a_limiter_that_has_become_slow_lets_fewer_in(clock: ManualClock) -> None:
    limiter = ConcurrencyLimiter(100, "Full", clock, longest_s=1)
    for _ in range(100):
        with limiter.hold():
            clock.now += 0.25
    leaves = [limiter.acquire() for _ in range(20)]
    with pytest.raises(Overloaded):
        limiter.check()
    for leave in leaves:
        leave()
    for _ in range(100):
        with limiter.hold():
            clock.now += 0.01
    for _ in range(50):
        limiter.acquire()


def test_a_client_holds_its_share_at_most_and_leaves_the_rest_to_others(clock: ManualClock) -> None:
    limiter = ConcurrencyLimiter(8, "Full", clock, share=0.5, setting="MIEN_X")
    leaves = [limiter.acquire(2, "flood") for _ in range(2)]
    with pytest.raises(QuotaExceeded, match=r"MIEN_CLIENT_SHARE of MIEN_X"):
        limiter.acquire(1, "flood")
    limiter.acquire(4, "honest")
    leaves[0]()
    assert limiter.in_use == 6
    limiter.acquire(2, "flood")


def test_a_holding_grows_until_there_is_no_room_beside_others(clock: ManualClock) -> None:
    limiter = ConcurrencyLimiter(10, "Full", clock)
    first, second = limiter.acquire(0, "one"), limiter.acquire(0, "two")
    first.grow(10)
    with pytest.raises(Overloaded):
        second.grow(1)
    second()
    first.grow(2)  # alone: there is always room
    with pytest.raises(Overloaded):
        limiter.acquire(1, "two")
    first()
    first.grow(5)
    assert limiter.in_use == 0, "nothing is counted for a holding that was given back"


def test_a_crowd_of_one_client_keeps_no_other_out(clock: ManualClock) -> None:
    limiter = ConcurrencyLimiter(30, "Full", clock, longest_s=1, spare=1)
    for _ in range(100):
        with limiter.hold():
            clock.now += 0.25
    for _ in range(20):
        limiter.acquire(1, "flood")
    with pytest.raises(Overloaded):
        limiter.acquire(1, "flood")
    limiter.acquire(1, "honest")
    limiter.acquire(10, "another")
    with pytest.raises(Overloaded):
        limiter.acquire(1, "a third")
