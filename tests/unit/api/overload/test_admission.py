"""Predicted waits: from the pace of lately, or from what leaves the queue."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from redis import Redis

from api.overload.admission import Admission
from api.services import services_of
from contracts.errors import Overloaded, QuotaExceeded, TooManyImages
from contracts.metrics import IMAGES_ANALYZED, IMAGES_DONE, STAGE_SECONDS, metric_key
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from contracts.storage.lanes import LaneStore
from contracts.storage.room import Room
from support.clocks import ManualClock
from support.factories import annotate
from support.gateway import MakeApp


def test_too_many_waiting_bytes_are_overload(make_app: MakeApp, redis: Redis, jpeg: bytes) -> None:
    app = make_app(max_open_bytes=1_000)
    redis.hset(keys.OPEN_LOAD, "bytes", 1_000)
    response = app.test_client().post("/v1/jobs", data=jpeg, content_type="image/jpeg")
    assert (response.status_code, response.get_json()["code"]) == (503, "overloaded")


def test_annotated_images_that_are_kept_leave_less_room_for_images_that_wait(
    make_app: MakeApp, jobs: JobStore, jpeg: bytes
) -> None:
    client = make_app(max_open_bytes=100_000).test_client()
    job = jobs.create([jpeg], BULK)
    address = "/v1/jobs?priority=interactive"
    assert client.post(address, data=jpeg, content_type="image/jpeg").status_code == 202
    annotate(jobs, job.id, bytes(100_000))
    refused = client.post(address, data=jpeg, content_type="image/jpeg")
    assert refused.status_code == 503
    assert "MIEN_MAX_OPEN_BYTES" in refused.get_json()["error"]


def test_while_the_system_is_drained_jobs_are_refused_and_a_pause_refuses_none(
    app: Flask, redis: Redis, jpeg: bytes
) -> None:
    client, lanes = app.test_client(), LaneStore(redis)
    post = lambda: client.post("/v1/jobs", data=jpeg, content_type="image/jpeg")  # noqa: E731
    lanes.pause(BULK)
    assert post().status_code == 202
    lanes.drain()
    refused = post()
    assert (refused.status_code, refused.get_json()["code"], refused.headers["Retry-After"]) == (
        503,
        "overloaded",
        "30",
    )
    assert "maintained" in refused.get_json()["error"]
    lanes.accept()
    assert post().status_code == 202


def test_no_job_is_taken_into_the_part_of_redis_memory_that_is_for_those_that_end(
    app: Flask, redis: Redis, jobs: JobStore, jpeg: bytes
) -> None:
    redis.config_set("maxmemory-policy", "noeviction")
    redis.config_set("maxmemory", int(jobs.room().used_bytes / 0.95))
    try:
        refused = app.test_client().post("/v1/jobs", data=jpeg, content_type="image/jpeg")
        redis.set("what others write", "x")
    finally:
        redis.config_set("maxmemory", 0)
    assert (refused.status_code, refused.get_json()["code"]) == (503, "overloaded")
    assert "maxmemory" in refused.get_json()["error"]
    assert jobs.open_count() == 0


def test_while_one_request_measures_a_slow_redis_no_other_waits_for_it(
    app: Flask, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, end, room = threading.Event(), threading.Event(), Room(1, 0, writes=True)

    def measured_late() -> Room:
        begun.set()
        assert end.wait(60)
        return room

    def post() -> int:
        return app.test_client().post("/v1/jobs", data=jpeg, content_type="image/jpeg").status_code

    monkeypatch.setattr(services_of(app).jobs, "room", measured_late)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(post)
        try:
            assert begun.wait(30)
            assert pool.submit(post).result(timeout=30) == 202
        finally:
            end.set()
        assert first.result() == 202


def test_no_job_is_taken_that_redis_could_not_write_to_its_file(
    app: Flask, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services_of(app).jobs, "room", lambda: Room(1, 0, writes=False))
    refused = app.test_client().post("/v1/jobs", data=jpeg, content_type="image/jpeg")
    assert (refused.status_code, refused.get_json()["code"]) == (503, "overloaded")
    assert "disk" in refused.get_json()["error"]


def test_only_jobs_that_ask_for_annotated_images_wait_for_room_for_them(
    make_app: MakeApp, jobs: JobStore, jpeg: bytes
) -> None:
    client = make_app(max_annotated_bytes=300_000).test_client()
    annotate(jobs, jobs.create([jpeg], BULK).id, bytes(100_000))
    refused = client.post("/v1/jobs?annotate=true", data=jpeg, content_type="image/jpeg")
    assert (refused.status_code, refused.get_json()["code"]) == (503, "overloaded")
    assert "MIEN_MAX_ANNOTATED_BYTES" in refused.get_json()["error"]
    assert client.post("/v1/jobs", data=jpeg, content_type="image/jpeg").status_code == 202


def test_the_predicted_wait_follows_from_the_pace_that_was_measured(
    app: Flask, redis: Redis, jobs: JobStore, jpeg: bytes
) -> None:
    CounterStore(redis).add({IMAGES_ANALYZED: 10, metric_key(STAGE_SECONDS, stage="detect"): 40})  # 4 s an image
    jobs.create([jpeg] * 10, INTERACTIVE)
    client = app.test_client()
    response = client.post("/v1/jobs?priority=interactive", data=jpeg, content_type="image/jpeg")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "37"), "until the wait is below 3 s"
    assert "about 40 s" in response.get_json()["error"]
    assert client.post("/v1/jobs", data=jpeg, content_type="image/jpeg").status_code == 202, "bulk has its own queue"


def test_the_pace_is_that_of_lately_and_not_of_all_time(settings: Settings, redis: Redis) -> None:
    settings = settings.model_copy(update={"max_interactive_wait_s": 1.0})
    now, counters = [0.0], CounterStore(redis)
    jobs = JobStore(redis, settings)
    admission = Admission(settings, jobs, counters, HeartbeatStore(redis), clock=lambda: now[0])
    fill(jobs, INTERACTIVE, "another", 5)
    counters.add({IMAGES_ANALYZED: 10, metric_key(STAGE_SECONDS, stage="detect"): 40})
    with pytest.raises(Overloaded, match="about 20 s"):
        admission.check(INTERACTIVE)
    counters.add({IMAGES_ANALYZED: 100, metric_key(STAGE_SECONDS, stage="detect"): 1})
    now[0] += 2
    admission.check(INTERACTIVE)
    now[0] += 2
    admission.check(INTERACTIVE)  # nothing new was measured: the pace is kept
    redis.delete(keys.COUNTERS)
    counters.add({IMAGES_ANALYZED: 1, metric_key(STAGE_SECONDS, stage="detect"): 4})
    now[0] += 2
    with pytest.raises(Overloaded, match="about 20 s"):
        admission.check(INTERACTIVE)


def test_while_a_crowd_waits_the_pace_is_what_leaves_the_queue(
    settings: Settings, redis: Redis, clock: ManualClock
) -> None:
    counters, jobs = CounterStore(redis), JobStore(redis, settings)
    admission = Admission(settings, jobs, counters, HeartbeatStore(redis), clock)
    waiting = [jobs.create([b"x"], INTERACTIVE) for _ in range(20)]
    redis.rpush(INTERACTIVE, *(["a message"] * 20))
    admission.check(INTERACTIVE)
    clock.now += 2
    # By the stages alone an image costs 1 ms; but only ten have left in two seconds.
    counters.add({IMAGES_ANALYZED: 10, metric_key(STAGE_SECONDS, stage="detect"): 0.01})
    counters.add({metric_key(IMAGES_DONE, queue=INTERACTIVE): 10})
    with pytest.raises(Overloaded, match="about 4 s") as caught:
        admission.check(INTERACTIVE)
    assert caught.value.retry_after == pytest.approx(1)
    admission.check(BULK)
    redis.delete(INTERACTIVE)
    for job in waiting[1:]:
        jobs.cancel(job.id)
    clock.now += 2
    admission.check(INTERACTIVE)
    redis.rpush(INTERACTIVE, *(["a message"] * 20))
    fill(jobs, INTERACTIVE, "another", 19)
    admission.check(INTERACTIVE)  # no job waited meanwhile, so that few have left says nothing


def fill(jobs: JobStore, queue: str, sender: str, images: int, **counted: int) -> None:
    jobs.create([b"x" * counted.get("size", 1)] * images, queue, sender=sender, pixels=lambda: counted.get("pixels", 0))


def test_bulk_jobs_leave_room_for_interactive_ones(settings: Settings, redis: Redis, jobs: JobStore) -> None:
    small = settings.model_copy(update={"max_open_bytes": 1_000, "max_open_pixels": 1_000})
    admission = Admission(small, jobs, CounterStore(redis), HeartbeatStore(redis))
    fill(jobs, BULK, "flood", 1, pixels=750)
    with pytest.raises(Overloaded, match="MIEN_MAX_OPEN_PIXELS"):
        admission.check(BULK)
    admission.check(INTERACTIVE)
    fill(jobs, INTERACTIVE, "flood", 1, pixels=1_000)
    with pytest.raises(Overloaded, match="MIEN_MAX_OPEN_PIXELS"):
        admission.check(INTERACTIVE)


def test_a_clients_jobs_weigh_as_much_as_their_images(
    settings: Settings, redis: Redis, jobs: JobStore, clock: ManualClock
) -> None:
    admission = Admission(settings, jobs, CounterStore(redis), HeartbeatStore(redis), clock)
    admission.check(INTERACTIVE, "honest")
    admission.check(INTERACTIVE, "flood", 100)  # its only job
    fill(jobs, INTERACTIVE, "flood", 100)
    with pytest.raises(QuotaExceeded, match="MIEN_CLIENT_SHARE"):
        admission.check(INTERACTIVE, "flood", 1)
    admission.check(INTERACTIVE, "honest")
    admission.check(BULK, "flood", 100)


def test_a_client_that_is_alone_may_have_all_but_one_share(
    settings: Settings, redis: Redis, jobs: JobStore, clock: ManualClock
) -> None:
    admission = Admission(settings, jobs, CounterStore(redis), HeartbeatStore(redis), clock)
    fill(jobs, INTERACTIVE, "one", 60)  # at 25 ms each, half of what may wait
    admission.check(INTERACTIVE, "one")
    admission.check(INTERACTIVE, "two")
    with pytest.raises(QuotaExceeded):
        admission.check(INTERACTIVE, "one")
    clock.now += 700
    admission.check(INTERACTIVE, "one")


def test_a_client_has_its_share_of_open_bytes(settings: Settings, redis: Redis, jobs: JobStore) -> None:
    small = settings.model_copy(update={"max_open_bytes": 1_000})
    admission = Admission(small, jobs, CounterStore(redis), HeartbeatStore(redis))
    admission.check(BULK, "honest")
    fill(jobs, BULK, "flood", 1, size=300)
    with pytest.raises(QuotaExceeded, match="MIEN_MAX_OPEN_BYTES"):
        admission.check(BULK, "flood")
    admission.check(BULK, "honest")


def test_jobs_that_are_sent_at_the_same_time_count_before_they_are_stored(
    settings: Settings, redis: Redis, jobs: JobStore, clock: ManualClock
) -> None:
    admission = Admission(settings, jobs, CounterStore(redis), HeartbeatStore(redis), clock)
    admission.check(INTERACTIVE, "honest")
    with admission.admit(INTERACTIVE, "flood", 100):
        with pytest.raises(QuotaExceeded, match="MIEN_CLIENT_SHARE"), admission.admit(INTERACTIVE, "flood", 100):
            pass
        with pytest.raises(QuotaExceeded):
            admission.check(INTERACTIVE, "flood")
        with admission.admit(INTERACTIVE, "honest"), admission.admit(BULK, "flood", 100):
            pass
    admission.check(INTERACTIVE, "flood", 100)


def test_one_large_job_is_no_reason_to_refuse_what_others_send(
    settings: Settings, redis: Redis, jobs: JobStore, clock: ManualClock
) -> None:
    admission = Admission(settings, jobs, CounterStore(redis), HeartbeatStore(redis), clock)
    redis.rpush(INTERACTIVE, "a message of its own")
    CounterStore(redis).add({IMAGES_ANALYZED: 100, metric_key(STAGE_SECONDS, stage="detect"): 1})  # 10 ms an image
    fill(jobs, INTERACTIVE, "flood", 100)
    admission.check(INTERACTIVE, "honest")
    fill(jobs, INTERACTIVE, "flood", 250)
    with pytest.raises(Overloaded, match="about 4 s"):  # and not: as long as one message has taken
        admission.check(INTERACTIVE, "honest")


def test_an_interactive_job_for_which_all_would_wait_too_long_is_told_so(
    settings: Settings, redis: Redis, jobs: JobStore
) -> None:
    CounterStore(redis).add({IMAGES_ANALYZED: 10, metric_key(STAGE_SECONDS, stage="detect"): 1})  # 100 ms an image
    admission = Admission(settings, jobs, CounterStore(redis), HeartbeatStore(redis))
    with pytest.raises(TooManyImages, match=r"about 10 s.*as a bulk job"):
        admission.check(INTERACTIVE, "flood", 100)
    admission.check(INTERACTIVE, "flood", 30)
    admission.check(BULK, "flood", 100)


def test_a_client_with_its_share_of_annotated_images_is_told_so(
    settings: Settings, redis: Redis, jobs: JobStore
) -> None:
    small = settings.model_copy(update={"max_annotated_bytes": 4_000_000})
    admission = Admission(small, jobs, CounterStore(redis), HeartbeatStore(redis))
    annotate(jobs, jobs.create([b"x"], BULK, sender="flood").id, bytes(2_900_000))
    with pytest.raises(QuotaExceeded, match="MIEN_CLIENT_SHARE of MIEN_MAX_ANNOTATED_BYTES"):
        admission.check(BULK, "flood", annotate=True)
    admission.check(BULK, "flood")
    admission.check(BULK, "honest", 4, annotate=True)
