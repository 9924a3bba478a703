"""Threads that one kind of work may have, and that bulk leaves one for what is waited for."""

import time

import pytest
from redis import Redis

from contracts.frames import Frame, FrameStamp
from contracts.jobs import Job, JobState
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from support.batching import OneByOne, image, states
from workers.frames import analyze_frame
from workers.jobs import analyze_jobs
from workers.periodic import report_heartbeat
from workers.places import Places
from workers.services import Services, connect_services, has_time

LATE = "left to the batches that are under way"


@pytest.fixture
def services(batch_services: Services) -> Services:
    return batch_services


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


def test_photos_and_frames_are_answered_while_bulk_has_all_threads_that_it_may(
    services: Services, batching: OneByOne, plain_jpeg: bytes
) -> None:
    batch = [services.jobs.create([image(number)], BULK) for number in range(4)]
    photos, said = list[Job](), list[object]()

    def meanwhile() -> None:
        if said:
            return
        said.append(analyze_jobs(services, BULK))
        report_heartbeat(services)
        (report,) = services.heartbeats.live_workers()
        said.append((report.passes_over, report.batch_images))
        photos.extend(services.jobs.create([image(9)], INTERACTIVE) for _ in range(2))
        said.append(analyze_jobs(services, INTERACTIVE))
        services.frames.publish(Frame("cam", FrameStamp(1, 1), time.time(), plain_jpeg))
        services.frames.reserve_request("cam", "token")
        said.append(analyze_frame(services, "cam", "token"))
        said.append(set(states(services, batch)))

    batching.then = meanwhile
    analyze_jobs(services, BULK)
    assert said == [LATE, ([BULK], 256), "2 jobs, 2 images", "finished", {JobState.RUNNING}]
    assert states(services, [*photos, *batch]) == [JobState.SUCCEEDED] * 6
    report_heartbeat(services)
    (report,) = services.heartbeats.live_workers()
    assert report.passes_over == []


def test_the_thread_that_is_left_has_no_time_for_a_second_reading(services: Services, batching: OneByOne) -> None:
    services.jobs.create([image(1)], BULK)
    said = list[bool]()

    def time_is_left() -> bool:
        return has_time(services.attention, services.bulk_places, services.jobs)

    batching.then = lambda: said.append(time_is_left())
    assert time_is_left()
    with services.attention.taken():
        analyze_jobs(services, BULK)
    assert said == [False]
    photo = services.jobs.create([image(1)], INTERACTIVE)
    assert not time_is_left()
    analyze_jobs(services, INTERACTIVE)
    assert services.jobs.get(photo.id).state is JobState.SUCCEEDED
    assert time_is_left()


@pytest.mark.parametrize("turned_away", [True, False])
def test_whoever_leaves_a_place_wakes_those_who_were_turned_away(
    services: Services, batching: OneByOne, redis: Redis, monkeypatch: pytest.MonkeyPatch, turned_away: bool
) -> None:
    monkeypatch.setattr("workers.jobs._TIME_SLICE_S", 0.0)
    batching.largest_batch = 2
    for number in range(3):
        services.jobs.create([image(number)], BULK)

    def meanwhile() -> None:
        redis.delete(BULK)  # another thread has taken the message
        if turned_away:
            assert analyze_jobs(services, BULK) == LATE

    batching.then = meanwhile
    assert analyze_jobs(services, BULK) == "2 jobs, 2 images"
    assert redis.llen(BULK) == turned_away


@pytest.mark.parametrize(("queues", "places"), [("interactive,bulk", 3), ("live,bulk", 3), ("webhooks,bulk", 4)])
def test_one_of_four_threads_is_left_for_what_is_waited_for(
    redis: Redis, settings: Settings, batching: OneByOne, queues: str, places: int
) -> None:
    services = connect_services(settings.model_copy(update={"worker_threads": 4, "worker_queues": queues}), batching)
    assert sum(services.bulk_places.take() for _ in range(5)) == places
    services.close()
