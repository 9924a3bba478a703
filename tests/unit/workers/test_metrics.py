"""What analyses add to the counters."""

from collections import defaultdict

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.jobs import JobState
from contracts.metrics import (
    FACES_FOUND,
    IMAGES_ANALYZED,
    IMAGES_DONE,
    JOBS_ANALYZED,
    STAGE_CPU_SECONDS,
    STAGE_SECONDS,
    metric_key,
)
from contracts.storage.counters import CounterStore
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
