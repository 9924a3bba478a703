"""A job from claim to result: real models, a real server."""

import logging
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from contracts.jobs import Job, JobOptions, JobState
from contracts.metrics import FACES_FOUND, IMAGES_ANALYZED, JOBS_ANALYZED, JOBS_FINISHED, STAGE_CPU_SECONDS, metric_key
from contracts.networks import NetworkPlan
from contracts.queues import BULK, INTERACTIVE
from contracts.results import Analysis
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.networks import NetworkStore
from models import Analyzer, classification
from support.clocks import ManualClock
from support.counting import counted
from workers.jobs import analyze_isolated_job, analyze_jobs
from workers.leases import Leases
from workers.services import PHOTOS_EVERY_S, Services, connect_services
from workers.turns import Turns


def test_each_image_gets_its_result_and_all_is_counted(services: Services, face_jpeg: bytes, plain_jpeg: bytes) -> None:
    job = services.jobs.create([face_jpeg, plain_jpeg], BULK)
    analyze_jobs(services, job.queue)
    done = services.jobs.get(job.id)
    assert (done.state, done.attempts, done.error) == (JobState.SUCCEEDED, 1, None)
    first, second = (item.analysis for item in done.items)
    assert first is not None
    assert second is not None
    assert (len(first.faces), len(second.faces)) == (1, 0)
    amounts = counted(services)
    assert amounts[IMAGES_ANALYZED] == 2
    assert amounts[FACES_FOUND] == 1
    assert amounts[metric_key(JOBS_ANALYZED, queue=BULK)] == 1
    assert amounts[metric_key(JOBS_FINISHED, state="succeeded")] == 1
    assert amounts[metric_key(STAGE_CPU_SECONDS, stage="detect")] > 0


def test_a_message_without_a_job_does_nothing(services: Services, plain_jpeg: bytes) -> None:
    services.jobs.create([plain_jpeg], BULK)
    assert [analyze_jobs(services, BULK) for _ in range(2)] == ["1 job, 1 image", "0 jobs, 0 images"]
    assert counted(services)[IMAGES_ANALYZED] == 1


def test_jobs_are_analysed_until_the_queue_is_empty(services: Services, plain_jpeg: bytes, redis: Redis) -> None:
    ids = [services.jobs.create([plain_jpeg], BULK).id for _ in range(5)]
    services.jobs.cancel(ids[1])
    done = 0
    while services.jobs.queue_depth(BULK):
        assert redis.llen(BULK) == 1, "while jobs wait a message says so"
        done += int(analyze_jobs(services, BULK).split()[0])
    assert done == 4
    assert redis.llen(BULK) == 0
    states = [services.jobs.get(job_id).state for job_id in ids]
    assert states == [JobState.CANCELED if job_id == ids[1] else JobState.SUCCEEDED for job_id in ids]


def test_in_a_batch_each_job_has_its_own_end(
    services: Services, plain_jpeg: bytes, analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.fleet, "threads", 1)
    sound, canceled, expired, corrupt, annotated = (
        services.jobs.create([image], BULK, deadline_s=at, options=JobOptions(annotate=drawn))
        for image, at, drawn in (
            (plain_jpeg, None, False),
            (plain_jpeg, None, False),
            (plain_jpeg, 0.0, False),
            (b"no image", None, False),
            (plain_jpeg, None, True),
        )
    )

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(services.jobs.annotated_images, "put", fail)
    assert services.jobs.cancel(canceled.id)
    analyze_jobs(services, BULK)
    found = [services.jobs.get(job.id) for job in (sound, canceled, expired, corrupt, annotated)]
    states = [JobState.SUCCEEDED, JobState.CANCELED, JobState.EXPIRED, JobState.FAILED, JobState.RUNNING]
    assert [job.state for job in found] == states
    assert [job.attempts for job in found] == [1, 0, 0, 1, 1]


def test_a_slice_that_is_over_leaves_the_rest_to_the_next_message(
    services: Services, plain_jpeg: bytes, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.jobs._TIME_SLICE_S", 0.0)
    for _ in range(3):
        services.jobs.create([plain_jpeg] * 8, BULK)
    assert analyze_jobs(services, BULK) == "1 job, 8 images"
    assert services.jobs.queue_depth(BULK) == 2
    assert redis.llen(BULK) == 1


def test_once_the_slice_is_over_no_result_waits_for_the_rest_of_its_batch(
    services: Services, plain_jpeg: bytes, analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyze, ids, states = analyzer.analyze_image, list[str](), list[list[JobState]]()

    def look(data: bytes, cpu_seconds: dict[str, float], **_: object) -> object:
        states.append([services.jobs.get(job_id).state for job_id in ids])
        return analyze(data, cpu_seconds)

    monkeypatch.setattr("workers.jobs._TIME_SLICE_S", 0.0)
    monkeypatch.setattr(services.fleet, "threads", 1)
    monkeypatch.setattr(analyzer, "analyze_image", look)
    ids += [services.jobs.create([plain_jpeg], BULK).id for _ in range(3)]
    assert analyze_jobs(services, BULK) == "3 jobs, 3 images"
    done, running = JobState.SUCCEEDED, JobState.RUNNING
    assert states == [[running] * 3, [done, running, running], [done, done, running]]
    assert counted(services)[metric_key(JOBS_FINISHED, state="succeeded")] == 3


def test_one_image_that_is_wrong_does_not_touch_the_others(services: Services, plain_jpeg: bytes) -> None:
    job = services.jobs.create([b"no image", plain_jpeg], BULK)
    analyze_jobs(services, job.queue)
    done = services.jobs.get(job.id)
    assert done.state is JobState.SUCCEEDED
    assert done.items[0].error is not None
    assert done.items[0].error.code == "not_an_image"
    assert done.items[1].analysis is not None


def test_a_job_of_wrong_images_alone_has_failed_by_the_first(services: Services) -> None:
    job = services.jobs.create([b"no image", b"none either"], BULK)
    analyze_jobs(services, job.queue)
    done = services.jobs.get(job.id)
    assert done.state is JobState.FAILED
    assert done.error == done.items[0].error
    assert counted(services)[metric_key(JOBS_FINISHED, state="failed")] == 1


def test_a_job_whose_images_are_gone_has_failed(services: Services, redis: Redis) -> None:
    job = services.jobs.create([b"x"], BULK)
    redis.delete(keys.job_images(job.id))
    analyze_jobs(services, job.queue)
    done = services.jobs.get(job.id)
    assert done.state is JobState.FAILED
    assert done.error is not None
    assert done.error.code == "analysis_failed"


def test_an_unexpected_error_stays_with_its_image_and_is_logged(
    services: Services,
    analyzer: Analyzer,
    plain_jpeg: bytes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("inside the network")

    monkeypatch.setattr(analyzer, "analyze_image", fail)
    job = services.jobs.create([plain_jpeg], BULK)
    analyze_jobs(services, job.queue)
    (item,) = services.jobs.get(job.id).items
    assert item.error is not None
    assert item.error.code == "analysis_failed"
    assert "inside" not in item.error.detail
    assert "ZeroDivisionError: inside the network" in caplog.text


def test_a_job_that_another_worker_has_taken_over_is_not_written(
    services: Services,
    analyzer: Analyzer,
    plain_jpeg: bytes,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    analyze = analyzer.analyze_image
    job = services.jobs.create([plain_jpeg], BULK)

    def too_slow(data: bytes, cpu_seconds: dict[str, float], **_: object) -> object:
        redis.hset(keys.job(job.id), "owner", "another worker")
        return analyze(data, cpu_seconds)

    monkeypatch.setattr(analyzer, "analyze_image", too_slow)
    with caplog.at_level(logging.WARNING):
        analyze_jobs(services, BULK)
    assert "was taken over by another worker" in caplog.text
    assert metric_key(JOBS_ANALYZED, queue=BULK) not in counted(services)


class ManualTime:
    """An analyzer's and the leases' time: each image takes as long as it says."""

    def __init__(self, services: Services, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
        self.services = replace(
            services,
            leases=Leases(services.jobs, time_limit_s=30, clock=clock),
            photo_turns=Turns(PHOTOS_EVERY_S, clock),
        )
        self.seconds: dict[bytes, float] = {}
        self._clock = clock
        self._analyze = services.analyzer.analyze_image
        monkeypatch.setattr(services.analyzer, "analyze_image", self._analyze_image)

    def _analyze_image(self, data: bytes, cpu_seconds: dict[str, float], **_: object) -> Analysis:
        self._clock.now += self.seconds[data]
        assert self.services.leases.stuck() == {}, "no job takes longer than the limit by itself"
        return self._analyze(data, cpu_seconds)


@pytest.fixture
def manual(services: Services, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> ManualTime:
    return ManualTime(services, clock, monkeypatch)


def wait_together(services: Services, photo: bytes, count: int) -> list[Job]:
    """Interactive jobs of one image that wait in their queue."""
    return [services.jobs.create([photo], INTERACTIVE) for _ in range(count)]


def test_photos_that_are_waited_for_overtake_between_the_images_of_larger_jobs(
    manual: ManualTime, plain_jpeg: bytes
) -> None:
    services, manual.seconds = manual.services, {plain_jpeg: 1}
    bulk = services.jobs.create([plain_jpeg] * 3, BULK)
    photos = wait_together(services, plain_jpeg, 3)
    assert analyze_jobs(services, BULK) == "1 job, 3 images"
    done = [services.jobs.get(job.id) for job in (bulk, *photos)]
    assert [job.state for job in done] == [JobState.SUCCEEDED] * 3 + [JobState.QUEUED], "one between two images"
    assert all(job.finished_at < done[0].finished_at for job in done[1:3])
    assert services.jobs.queue_depth(INTERACTIVE) == 1


def test_photos_take_none_of_a_larger_jobs_time_and_no_more_than_it_has_taken_itself(
    manual: ManualTime, plain_jpeg: bytes, face_jpeg: bytes
) -> None:
    services, manual.seconds = manual.services, {plain_jpeg: 2, face_jpeg: 9}
    services.jobs.create([plain_jpeg] * 12, BULK)
    photos = wait_together(services, face_jpeg, 4)
    assert analyze_jobs(services, BULK) == "1 job, 12 images"  # after 24 s of its own, of 30 s, and 27 s of photos
    states = [services.jobs.get(job.id).state for job in photos]
    assert states == [JobState.SUCCEEDED] * 3 + [JobState.QUEUED], "after 2, 10 and 20 s of the job's own"


@pytest.mark.parametrize(("changes", "isolated"), [({"worker_queues": "bulk"}, False), ({}, True)])
def test_a_worker_for_bulk_alone_and_an_isolated_job_let_none_overtake(
    settings: Settings,
    redis: Redis,
    analyzer: Analyzer,
    plain_jpeg: bytes,
    changes: dict[str, str],
    isolated: bool,
) -> None:
    services = connect_services(settings.model_copy(update=changes), analyzer)
    bulk, photo = services.jobs.create([plain_jpeg] * 2, BULK), services.jobs.create([plain_jpeg], INTERACTIVE)
    if isolated:
        assert analyze_isolated_job(services, bulk.id) == "finished"
    else:
        analyze_jobs(services, BULK)
    assert services.jobs.get(bulk.id).state is JobState.SUCCEEDED
    assert services.jobs.get(photo.id).state is JobState.QUEUED
    services.close()


def test_an_isolated_job_is_claimed_once_the_networks_of_the_plan_are_loaded(
    services: Services, redis: Redis, plain_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    NetworkStore(redis).change(lambda _: NetworkPlan(weights={"classic-1": 1}), "set", "test")
    job = services.jobs.create([plain_jpeg], BULK)
    load, seen = classification.load_classifier, list[JobState]()

    def slow(*which: Any, **how: Any) -> classification.Classifier:
        seen.append(services.jobs.get(job.id).state)
        return load(*which, **how)

    monkeypatch.setattr(classification, "load_classifier", slow)
    assert analyze_isolated_job(services, job.id) == "finished"
    assert seen == [JobState.QUEUED], "nobody prolongs a lease while networks are loaded"
    (item,) = services.jobs.get(job.id).items
    assert item.analysis is not None
    assert item.analysis.model == "classic-1"
