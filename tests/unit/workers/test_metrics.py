"""What analyses add to the counters."""

from collections import defaultdict
from typing import Any

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.jobs import Job, JobState, Problem, new_job_id
from contracts.metrics import (
    BATCH_IMAGES,
    BATCH_JOBS,
    FACES_FOUND,
    IMAGES_ANALYZED,
    IMAGES_DONE,
    JOB_DURATION,
    JOB_WAIT,
    JOBS_ANALYZED,
    JOBS_BEGUN,
    JOBS_FAILED,
    JOBS_FINISHED,
    STAGE_CPU_SECONDS,
    STAGE_DURATION,
    STAGE_SECONDS,
    metric_key,
)
from contracts.storage.counters import CounterStore
from contracts.storage.job_queue import Batch, ClaimedJob
from support.factories import make_analysis, make_face, make_items
from workers.metrics import PendingCounters, Tally, add_analysis, add_cpu


def test_faces_and_seconds_by_stage_add_up() -> None:
    amounts: defaultdict[str, float] = defaultdict(float)
    add_analysis(amounts, make_analysis(make_face(), make_face(), stages_ms={"decode": 1.5, "detect": 8.0}))
    add_analysis(amounts, make_analysis(make_face(), stages_ms={"decode": 0.5}))
    assert amounts[FACES_FOUND] == 3
    assert amounts[metric_key(STAGE_SECONDS, stage="decode")] == pytest.approx(0.002)
    assert amounts[metric_key(STAGE_SECONDS, stage="detect")] == pytest.approx(0.008)


def test_cpu_seconds_add_up_by_stage() -> None:
    amounts: defaultdict[str, float] = defaultdict(float)
    for _ in range(2):
        add_cpu(amounts, {"store": 0.25, "draw": 1.0})
    key = {stage: metric_key(STAGE_CPU_SECONDS, stage=stage) for stage in ("store", "draw")}
    assert dict(amounts) == {key["store"]: 0.5, key["draw"]: 2.0}


def test_a_task_tells_what_it_did() -> None:
    tally = Tally("bulk")
    assert tally.text == "0 jobs, 0 images"
    tally.add(make_items(make_analysis(make_face()), make_analysis()), JobState.SUCCEEDED)
    tally.cpu_seconds["detect"] = 0.001
    first = tally.take()
    assert (first[metric_key(JOBS_ANALYZED, queue="bulk")], first[metric_key(IMAGES_DONE, queue="bulk")]) == (1, 2)
    assert (first[IMAGES_ANALYZED], first[FACES_FOUND]) == (2, 1)
    assert first[metric_key(STAGE_CPU_SECONDS, stage="detect")] == 0.001
    assert set(tally.take()) == {metric_key(STAGE_CPU_SECONDS, stage="store")}, "nothing is counted twice"
    tally.add([], JobState.FAILED)
    assert tally.text == "2 jobs, 2 images"


def test_counts_go_together_and_wait_for_a_server_that_is_away(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CounterStore(redis)
    pending = PendingCounters(store)
    pending.add({"a": 1, "b": 0.5})
    pending.add({"a": 2})
    assert store.read() == {}

    def away(_: object) -> None:
        raise BrokerUnavailable("It does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(store, "add", away)
        with pytest.raises(BrokerUnavailable):
            pending.flush()
    pending.flush()
    pending.flush()
    assert store.read() == {"a": 3, "b": 0.5}


def test_a_job_is_counted_from_its_acceptance_to_its_result() -> None:
    tally = Tally("bulk")
    first = make_job(created_at=100.0, started_at=103.0, attempts=1, image_count=2)
    again = make_job(created_at=100.0, started_at=160.0, attempts=2)
    batch = Batch((ClaimedJob(first, []), ClaimedJob(again, [])), exhausted=2, expired=1)
    assert tally.claimed(batch) is batch
    tally.ended(first.id, None)
    tally.ended(again.id, Problem(code="analysis_failed", detail="It failed."))
    tally.ended("of nobody's", None)
    counted = tally.take()
    assert counted[metric_key(JOBS_BEGUN, queue="bulk")] == 2
    assert counted[metric_key(f"{JOB_WAIT}_bucket", le="5.0", queue="bulk")] == 1
    assert counted[metric_key(f"{JOB_WAIT}_sum", queue="bulk")] == 3, "the second has waited for a worker that died"
    assert counted[metric_key(f"{JOB_DURATION}_sum", queue="bulk")] == pytest.approx(63, abs=5)
    assert counted[metric_key(f"{BATCH_JOBS}_bucket", le="2.0", queue="bulk")] == 1
    assert counted[metric_key(f"{BATCH_IMAGES}_sum", queue="bulk")] == 3
    assert counted[metric_key(JOBS_FAILED, code="attempts_exhausted")] == 2
    assert counted[metric_key(JOBS_FAILED, code="analysis_failed")] == 1
    assert counted[metric_key(JOBS_FINISHED, state="expired")] == 1


def test_stages_are_told_apart_by_how_long_they_took() -> None:
    amounts: defaultdict[str, float] = defaultdict(float)
    add_analysis(amounts, make_analysis(stages_ms={"detect": 8.0}))
    add_analysis(amounts, make_analysis(stages_ms={"detect": 9.0}))
    assert amounts[metric_key(f"{STAGE_DURATION}_bucket", le="0.01", stage="detect")] == 2
    assert amounts[metric_key(f"{STAGE_DURATION}_sum", stage="detect")] == pytest.approx(0.017)


def make_job(**changes: Any) -> Job:
    given = {"state": JobState.RUNNING, "queue": "bulk", "image_count": 1} | changes
    return Job(id=new_job_id(), **given)


def test_cpu_time_of_other_threads_is_not_this_threads() -> None:
    tally = Tally("bulk")
    tally.cpu_seconds["detect"], tally.pool_seconds["decode"] = 0.25, 1000.0
    store, decode = (metric_key(STAGE_CPU_SECONDS, stage=stage) for stage in ("store", "decode"))
    first = tally.take()
    assert first[decode] == 1000
    assert -1 < first[store] < 900
    assert decode not in tally.take()
