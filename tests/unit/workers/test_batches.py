"""Batches across jobs: each job has its own end, whatever happens in the batch; real networks, a real server."""

import logging
import os
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from redis import Redis

from contracts.jobs import Job, JobOptions, JobState
from contracts.logs import context_of
from contracts.metrics import BATCH_JOBS, JOBS_FAILED, JOBS_FINISHED, STAGE_CPU_SECONDS, metric_key
from contracts.networks import NetworkPlan
from contracts.queues import BULK
from contracts.storage import keys
from contracts.storage.scripts import Call, load_script, run_scripts
from models import Analyzer
from support.batching import OneByOne, image, states
from support.clocks import ManualClock
from support.counting import counted
from workers.jobs import analyze_jobs
from workers.leases import Leases
from workers.parts import parts
from workers.periodic import EXIT_STUCK, renew_leases
from workers.services import Services

MANY = 256


@pytest.fixture
def services(batch_services: Services) -> Services:
    return batch_services


@pytest.fixture
def trips(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The steps of each trip to the queue, by name."""
    made, names = list[list[str]](), {load_script(redis, name).sha: name for name in ("claim_next", "finish")}

    def run(redis: Redis, calls: Sequence[Call]) -> list[Any]:
        if calls:
            made.append([names[call.script.sha] for call in calls])
        return run_scripts(redis, calls)

    monkeypatch.setattr("contracts.storage.job_queue.run_scripts", run)
    return made


def fail() -> None:
    raise ZeroDivisionError("inside the network")


def test_of_256_jobs_one_fails_and_they_take_one_trip_to_be_claimed_and_one_to_be_stored(
    services: Services, batching: OneByOne, trips: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.jobs._TIME_SLICE_S", 600)
    images = [image(number) for number in range(MANY)]
    jobs = [services.jobs.create([data], BULK) for data in images]
    batching.at[images[100]] = fail
    assert analyze_jobs(services, BULK) == "256 jobs, 256 images"
    assert trips == [["claim_next"], ["finish"] * MANY + ["claim_next"]]
    assert batching.calls == [images]
    assert states(services, jobs) == [JobState.FAILED if n == 100 else JobState.SUCCEEDED for n in range(MANY)]
    error = services.jobs.get(jobs[100].id).error
    assert error is not None
    assert error.code == "analysis_failed"
    amounts = counted(services)
    assert amounts[metric_key(f"{BATCH_JOBS}_bucket", le="256.0", queue=BULK)] == 1
    assert amounts[metric_key(JOBS_FINISHED, state="succeeded")] == MANY - 1
    assert amounts[metric_key(JOBS_FAILED, code="analysis_failed")] == 1
    assert amounts[metric_key(STAGE_CPU_SECONDS, stage="detect")] > 0


def test_a_batch_that_outlasts_its_slice_is_stored_in_one_trip_all_the_same(
    services: Services, trips: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.jobs._TIME_SLICE_S", 0.0)
    for number in range(9):
        services.jobs.create([image(number)], BULK)
    analyze_jobs(services, BULK)
    assert trips == [["claim_next"], ["finish"] * 9]


def test_a_broken_image_costs_its_job_and_no_other(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    before, broken, three, empty, annotated, after = (
        services.jobs.create(images, BULK, options=JobOptions(annotate=drawn))
        for images, drawn in (
            ([image(1)], False),
            ([b"no image"], False),
            ([image(2), b"no image either", image(3)], False),
            ([image(4)], False),
            ([image(5)], True),
            ([image(6)], False),
        )
    )
    services.redis.delete(keys.job_images(empty.id))
    analyze_jobs(services, BULK)
    succeeded, failed = JobState.SUCCEEDED, JobState.FAILED
    found = states(services, [before, broken, three, empty, annotated, after])
    assert found == [succeeded, failed, succeeded, failed, succeeded, succeeded]
    error = services.jobs.get(broken.id).error
    assert error is not None
    assert error.code == "not_an_image"
    items = services.jobs.get(three.id).items
    assert [item.error.code if item.error else None for item in items] == [None, "not_an_image", None]
    assert [item.index for item in items] == [0, 1, 2]
    assert services.jobs.annotated_images.get(annotated.id, 0) is not None
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_job_that_cannot_be_ended_is_left_to_its_lease_and_the_others_are_stored(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(services.jobs.annotated_images, "put", lambda *_: fail())
    drawn = services.jobs.create([image(1)], BULK, options=JobOptions(annotate=True))
    other = services.jobs.create([image(2)], BULK)
    analyze_jobs(services, BULK)
    assert states(services, [drawn, other]) == [JobState.RUNNING, JobState.SUCCEEDED]
    assert f"job {drawn.id} could not be ended" in caplog.text


def test_a_call_that_fails_leaves_its_jobs_to_their_leases(
    services: Services, batching: OneByOne, caplog: pytest.LogCaptureFixture
) -> None:
    batching.then = fail
    jobs = [services.jobs.create([image(number)], BULK) for number in range(2)]
    assert analyze_jobs(services, BULK) == "0 jobs, 0 images"
    assert states(services, jobs) == [JobState.RUNNING] * 2
    assert "2 jobs could not be analysed together" in caplog.text


def test_in_a_batch_that_runs_no_job_can_be_canceled_a_deadline_may_pass_and_one_may_be_taken_over(
    services: Services, batching: OneByOne, caplog: pytest.LogCaptureFixture
) -> None:
    canceled, expired = services.jobs.create([image(0)], BULK), services.jobs.create([image(1)], BULK, deadline_s=0.0)
    assert services.jobs.cancel(canceled.id)
    first, late, begun, taken = (
        services.jobs.create([image(number)], BULK, deadline_s=3600) for number in (2, 3, 4, 5)
    )
    accepted = list[bool]()

    def meanwhile() -> None:
        accepted.append(services.jobs.cancel(begun.id))
        services.redis.hset(keys.job(taken.id), "owner", "another worker")
        services.redis.hset(keys.job(late.id), "deadline_at", late.created_at)

    batching.at[image(2)] = meanwhile
    analyze_jobs(services, BULK)
    assert batching.calls == [[image(2), image(3), image(4), image(5)]]
    assert accepted == [False], "it has been begun"
    assert states(services, [canceled, expired]) == [JobState.CANCELED, JobState.EXPIRED]
    assert states(services, [first, late, begun]) == [JobState.SUCCEEDED] * 3, "begun in time"
    assert services.jobs.get(taken.id).state is JobState.RUNNING
    assert f"job {taken.id} was taken over" in caplog.text
    assert counted(services)[metric_key(JOBS_FINISHED, state="succeeded")] == 3


@pytest.fixture
def timed(services: Services, clock: ManualClock) -> Services:
    """The same, with leases by the manual clock."""
    return replace(services, leases=Leases(services.jobs, time_limit_s=30, clock=clock))


def test_a_decoder_that_hangs_is_its_own_jobs_fault_alone(
    timed: Services, batching: OneByOne, clock: ManualClock, redis: Redis
) -> None:
    jobs = [timed.jobs.create([image(number)], BULK) for number in range(3)]
    seen = list[object]()

    def hang() -> None:
        clock.now += 31
        for job in jobs:
            redis.zadd(keys.OPEN_JOBS, {job.id: 0})
        seen.append((set(timed.leases.stuck()), timed.leases.hangs(), context_of("job_id")))
        timed.leases.renew()
        seen.append([redis.zscore(keys.OPEN_JOBS, job.id) > 0 for job in jobs])

    batching.at[image(1)] = hang
    analyze_jobs(timed, BULK)
    assert seen == [({jobs[1].id}, False, jobs[1].id), [True, False, True]]


def test_a_batch_that_hangs_ends_the_worker_and_none_of_its_jobs(
    timed: Services,
    batching: OneByOne,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    jobs, ended = [timed.jobs.create([image(number)], BULK) for number in range(3)], list[int]()
    monkeypatch.setattr(os, "_exit", ended.append)

    def hang() -> None:
        renew_leases(timed)
        assert ended == []
        clock.now += 31
        renew_leases(timed)

    batching.then = hang
    batching.at[image(1)] = lambda: setattr(clock, "now", clock.now + 29)  # it has gone on since then
    analyze_jobs(timed, BULK)
    assert ended == [EXIT_STUCK]
    assert "a batch does not go on" in caplog.text
    assert "are stuck" not in caplog.text
    assert states(timed, jobs) == [JobState.SUCCEEDED] * 3, "nobody had failed them before"
    clock.now += 31
    assert not timed.leases.hangs(), "it is over"


def test_jobs_of_one_network_are_read_in_one_call(services: Services, analyzer: Analyzer) -> None:
    readers = [OneByOne(analyzer), OneByOne(analyzer)]
    jobs = [services.jobs.create([image(number)] * 2, BULK) for number in range(6)]
    of = {job.id: readers[number % 2] for number, job in enumerate(jobs)}

    class Networks:
        plan = NetworkPlan(weights={"one": 1, "other": 1})

        @contextmanager
        def held(self) -> Any:
            yield self

        def of_job(self, job: Job) -> OneByOne:
            return of[job.id]

    assert analyze_jobs(replace(services, networks=Networks()), BULK) == "6 jobs, 12 images"
    assert [len(reader.calls) for reader in readers] == [1, 1]
    assert readers[1].calls == [[image(number) for number in (1, 1, 3, 3, 5, 5)]]
    assert states(services, jobs) == [JobState.SUCCEEDED] * 6


def test_a_job_of_many_large_images_is_decoded_a_part_at_a_time(
    services: Services, batching: OneByOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.jobs._TIME_SLICE_S", 0.0)
    monkeypatch.setattr("workers.batches.parts", partial(parts, most=2 * 32 * 32))
    images = [*(image(number) for number in range(3)), b"no image", image(4)]
    large = services.jobs.create(images, BULK)
    services.redis.hset(keys.job(large.id), "pixels", 10**9)  # it comes alone
    small = [services.jobs.create([image(number)], BULK) for number in range(3)]
    analyze_jobs(services, BULK)
    analyze_jobs(services, BULK)
    assert batching.calls == [images[:2], images[2:], [image(number) for number in range(3)]]
    items = services.jobs.get(large.id).items
    assert [item.error.code if item.error else None for item in items] == [None, None, None, "not_an_image", None]
    assert states(services, [large, *small]) == [JobState.SUCCEEDED] * 4


def test_a_claim_is_a_batch_or_the_share_of_one_worker(
    services: Services, batching: OneByOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.jobs._TIME_SLICE_S", 0.0)
    batching.largest_batch = 5
    for number in range(13):
        services.jobs.create([image(number)], BULK)
    monkeypatch.setattr(services.fleet, "threads", 64)
    assert analyze_jobs(services, BULK) == "5 jobs, 5 images", "whatever other workers there are"
    monkeypatch.setattr(services.fleet, "batching", {BULK: 4}.__getitem__)
    assert analyze_jobs(services, BULK) == "2 jobs, 2 images"
