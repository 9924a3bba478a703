"""What a gateway turns away at once, so that what it has taken in is done in time."""

from typing import Any

import pytest
from flask import Flask

from api.app import create_app
from api.overload.concurrency import ConcurrencyLimiter
from api.services import services_of
from contracts.errors import Overloaded
from contracts.metrics import IMAGES_ANALYZED, JOBS_ANALYZED, STAGE_SECONDS, metric_key
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore


def test_what_does_not_fit_is_turned_away_until_somebody_leaves(clock: Any) -> None:
    gate = ConcurrencyLimiter(10, "Full", clock)
    leave_first, leave_second = gate.acquire(6), gate.acquire(4)
    with pytest.raises(Overloaded, match="Full; try again later"):
        gate.check()
    leave_second()
    leave_second()
    assert gate.in_use == 6, "whoever leaves twice gives room back once"
    gate.check(4)
    leave_first()
    assert gate.in_use == 0


def test_what_is_larger_than_the_limit_gets_in_alone(clock: Any) -> None:
    gate = ConcurrencyLimiter(10, "Full", clock)
    with gate.hold(11), pytest.raises(Overloaded):
        gate.acquire(1)
    with gate.hold(1), pytest.raises(Overloaded):
        gate.acquire(11)


def test_retry_after_is_how_long_stays_are_lately(clock: Any) -> None:
    gate = ConcurrencyLimiter(1, "Full", clock)
    for _ in range(100):
        with gate.hold():
            clock.now += 7
    with gate.hold(), pytest.raises(Overloaded) as caught:
        gate.check()
    assert caught.value.retry_after == pytest.approx(7, rel=0.01)


def test_a_gate_that_has_become_slow_lets_fewer_in(clock: Any) -> None:
    gate = ConcurrencyLimiter(100, "Full", clock, longest_s=1)
    for _ in range(100):
        with gate.hold():
            clock.now += 0.25
    leaves = [gate.acquire() for _ in range(20)]
    with pytest.raises(Overloaded):
        gate.check()
    for leave in leaves:
        leave()
    for _ in range(100):
        with gate.hold():
            clock.now += 0.01
    for _ in range(50):
        gate.acquire()


@pytest.mark.parametrize("address", ["/detect_emotion", "/v1/jobs"])
@pytest.mark.parametrize("gate", ["body_limiter", "storing"])
def test_a_full_gateway_answers_without_storing_anything(
    settings: Settings, jobs: JobStore, worker: Any, jpeg: bytes, address: str, gate: str
) -> None:
    app = create_app(settings.model_copy(update={"max_intake_bytes": 1_000, "max_intake_jobs": 1}))
    client = app.test_client()
    leave = getattr(services_of(app), gate).acquire(1_000)
    refused = client.post(address, data=jpeg, content_type="image/jpeg")
    assert (refused.status_code, refused.get_json()["code"]) == (503, "overloaded")
    assert int(refused.headers["Retry-After"]) >= 1
    assert jobs.open_count() == 0
    leave()
    assert client.post(address, data=jpeg, content_type="image/jpeg").status_code in (200, 202)
    assert services_of(app).body_limiter.in_use == 0
    assert services_of(app).storing.in_use == 0
    services_of(app).close()


def test_a_body_that_cannot_be_used_gives_its_room_back(app: Flask) -> None:
    client = app.test_client()
    assert client.post("/detect_emotion", data=b"no image", content_type="image/jpeg").status_code == 422
    assert services_of(app).body_limiter.in_use == 0


def test_while_a_crowd_waits_the_pace_is_what_leaves_the_queue(settings: Settings, redis: Any, clock: Any) -> None:
    from api.overload.admission import Admission

    counters = CounterStore(redis)
    admission = Admission(settings, JobStore(redis, settings), counters, HeartbeatStore(redis), clock)
    redis.rpush(INTERACTIVE, *(["a message"] * 20))
    admission.check(INTERACTIVE)
    clock.now += 2
    # By the stages alone an image costs 1 ms; but only ten jobs have left in two seconds.
    counters.add({IMAGES_ANALYZED: 10, metric_key(STAGE_SECONDS, stage="detect"): 0.01})
    counters.add({metric_key(JOBS_ANALYZED, queue=INTERACTIVE): 10})
    with pytest.raises(Overloaded, match="about 4 s") as caught:
        admission.check(INTERACTIVE)
    assert caught.value.retry_after == pytest.approx(1)
    admission.check(BULK)
    redis.delete(INTERACTIVE)
    clock.now += 2
    admission.check(INTERACTIVE)
    redis.rpush(INTERACTIVE, *(["a message"] * 20))
    admission.check(INTERACTIVE)  # nobody waited meanwhile, so that few have left says nothing
