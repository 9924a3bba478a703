"""Erasing jobs and cameras before their time."""

import pytest
from redis import Redis

from contracts.frames import Frame, FrameStamp
from contracts.jobs import Job, new_job_id
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.durability import Outcome
from contracts.storage.erasure import JobEraser, hash_of
from contracts.storage.frames import FrameStore
from contracts.storage.job_steps import REFUSED_S, refusal
from contracts.storage.jobs import JobStore
from contracts.storage.scripts import Call
from support.clocks import ManualClock
from support.factories import annotate


@pytest.fixture
def jobs(redis: Redis, settings: Settings, clock: ManualClock) -> JobStore:
    return JobStore(redis, settings, clock)


@pytest.fixture
def eraser(redis: Redis, clock: ManualClock) -> JobEraser:
    return JobEraser(redis, clock)


def finished(jobs: JobStore, client: str = "", annotated: bytes = b"") -> Job:
    job = jobs.create([b"x"], BULK, client=client)
    jobs.claim(job.id, "worker")
    if annotated:
        annotate(jobs, job.id, annotated)
    jobs.finish(job.id, "worker", [])
    return job


def kept(redis: Redis, *given: Job) -> list[bool]:
    return [bool(redis.exists(keys.job(job.id))) for job in given]


def test_an_unfinished_job_is_left_alone(jobs: JobStore, eraser: JobEraser, redis: Redis) -> None:
    queued, running = jobs.create([b"x"], BULK), jobs.create([b"x"], BULK)
    jobs.claim(running.id, "worker")
    assert not eraser.erase(queued.id)
    assert not eraser.erase(running.id)
    assert kept(redis, queued, running) == [True, True]
    assert jobs.images(queued.id) == [b"x"]


def test_a_finished_job_goes_and_its_erasure_is_noted(jobs: JobStore, eraser: JobEraser, redis: Redis) -> None:
    job = finished(jobs, annotated=b"drawn")
    redis.delete(keys.ERASURES, BULK)
    assert eraser.erase(job.id)
    left = [keys.ERASED.encode(), keys.ERASURES.encode(), refusal(job.id).encode()]
    assert sorted(redis.scan_iter("*")) == left
    assert redis.zrange(keys.ERASED, 0, -1) == [hash_of(job.id).encode()]
    assert eraser.erase(job.id), "again is no error"


def test_a_call_that_stores_a_job_and_comes_when_it_is_erased_stores_nothing(
    jobs: JobStore, eraser: JobEraser, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, run = list[Call](), jobs._storing._durable.run

    def send(call: Call) -> Outcome:
        sent.append(call)
        return run(call)

    monkeypatch.setattr(jobs._storing._durable, "run", send)
    job = finished(jobs)
    assert eraser.erase(job.id)
    assert run(sent[0]).answer == [b"refused"]
    jobs._images.put_part(job.id, {"0": b"late"})
    assert not redis.exists(keys.job(job.id), keys.job_images(job.id))


def test_of_an_old_job_no_hash_is_kept(jobs: JobStore, redis: Redis) -> None:
    job = finished(jobs)
    assert JobEraser(redis, lambda: job.created_at + REFUSED_S).erase(job.id)
    assert not redis.exists(refusal(job.id))


def test_another_jobs_idempotency_key_stays(eraser: JobEraser, jobs: JobStore, redis: Redis) -> None:
    job, other = finished(jobs), new_job_id()
    redis.set(keys.idempotency("a"), f"{other} fingerprint")
    redis.set(keys.job_once(job.id), keys.idempotency("a"))
    eraser.erase(job.id)
    assert redis.exists(keys.idempotency("a"))


def test_jobs_that_ended_long_ago(jobs: JobStore, eraser: JobEraser, redis: Redis, clock: ManualClock) -> None:
    old, waiting = finished(jobs), jobs.create([b"x"], BULK)
    clock.sleep(100)
    new = finished(jobs)
    assert eraser.erase_older(100) == 1
    assert kept(redis, old, waiting, new) == [False, True, True]
    assert eraser.erase_older(0) == 1
    assert kept(redis, waiting, new) == [True, False]


def test_jobs_of_a_client(jobs: JobStore, eraser: JobEraser, redis: Redis) -> None:
    mine, theirs, open_job = finished(jobs, "mine"), finished(jobs, "theirs"), jobs.create([b"x"], BULK, client="mine")
    assert eraser.erase_client("mine") == 1
    assert kept(redis, mine, theirs, open_job) == [False, True, True]


def test_more_jobs_than_a_page(
    jobs: JobStore, eraser: JobEraser, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contracts.storage.erasure._PAGE", 3)
    given = [finished(jobs) for _ in range(20)]
    assert eraser.erase_older(0) == 20
    assert not any(kept(redis, *given))


def test_a_camera_is_forgotten(redis: Redis, settings: Settings, clock: ManualClock) -> None:
    frames = FrameStore(redis, settings, clock)
    for camera in ("hall", "door"):
        frames.publish(Frame(camera, FrameStamp(1, 1), clock(), b"picture"))
    frames.reserve_request("hall", "token")
    assert frames.take("hall", "token")
    assert frames.erase("hall")
    assert list(frames.cameras()) == ["door"]
    assert not list(redis.scan_iter("*hall*"))
    assert not frames.erase("hall")
