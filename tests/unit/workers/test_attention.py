"""How long a worker has been idle, and that it connects anew when work waits meanwhile."""

import time

import pytest

from contracts.queues import BULK
from contracts.storage.heartbeat import UNTAKEN_AFTER_S
from support.clocks import ManualClock
from workers.attention import Attention, connect_if_deaf
from workers.periodic import report_heartbeat
from workers.services import Services


def test_a_worker_is_idle_from_the_last_thing_that_happened_while_a_thread_is_free(clock: ManualClock) -> None:
    attention = Attention(2, clock)
    clock.now += 5
    assert attention.idle_s == 5
    with attention.taken():
        clock.now += 3
        assert attention.idle_s == 3, "one thread is free"
        with attention.taken():
            clock.now += 60
            assert attention.idle_s == 0
        assert attention.idle_s == 0, "it is free just now"
        clock.now += 4
    clock.now += 1
    assert attention.idle_s == 1
    attention.begin()
    assert attention.idle_s == 0


def test_a_worker_that_stops_is_not_idle(clock: ManualClock) -> None:
    attention = Attention(1, clock)
    attention.end()
    clock.now += 100
    assert attention.idle_s == 0


@pytest.mark.parametrize(("idle_s", "waited_s", "anew"), [(11, 11, 1), (9, 11, 0), (11, 9, 0), (11, None, 0)])
def test_it_connects_anew_beside_work_that_has_waited_for_as_long_as_it_was_idle(
    services: Services,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
    idle_s: float,
    waited_s: float | None,
    anew: int,
) -> None:
    connected, attention = list[None](), Attention(1, clock)
    object.__setattr__(services, "attention", attention)
    if waited_s is not None:
        services.jobs.create([b"x"], BULK)
        put_back(services, waited_s)
    clock.now += idle_s
    report_heartbeat(services)
    for _ in range(2):
        connect_if_deaf(attention, services.heartbeats, services.name, lambda: connected.append(None))
    assert len(connected) == anew, "and then it waits for what comes of it"
    assert caplog.text.count("jobs wait in bulk") == anew
    assert UNTAKEN_AFTER_S == 10


def put_back(services: Services, seconds: float) -> None:
    """Let the only job have waited for so long."""
    key = f"mien:queued:{BULK}"
    ((job_id, _),) = services.redis.zrange(key, 0, 0, withscores=True)
    services.redis.zadd(key, {job_id: time.time() - seconds})
