"""What a claim looks at, and how much it gives at most; see ``claim_next.lua``."""

import pytest
from redis import Redis

from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.job_queue import MOST_IMAGES, MOST_PIXELS, Batch, JobQueue
from contracts.storage.jobs import JobStore
from support.clocks import ManualClock


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> JobStore:
    return JobStore(redis, settings, clock)


@pytest.fixture
def queue(redis: Redis, store: JobStore, settings: Settings, clock: ManualClock) -> JobQueue:
    return JobQueue(redis, store, settings, clock)


@pytest.mark.parametrize("single", [False, True])
def test_jobs_for_a_process_hide_no_other_however_many_they_are(
    store: JobStore, queue: JobQueue, clock: ManualClock, settings: Settings, single: bool
) -> None:
    for owner in range(9):  # more than a claim looks at
        for _ in range(MOST_IMAGES):
            store.create([b"x"], BULK)
        queue.claim(BULK, f"dead {owner}")
    clock.now += settings.lease_s + 1
    assert len(store.overdue()) == 9 * MOST_IMAGES
    sound = store.create([b"x"], BULK)
    (claimed,) = queue.claim(BULK, "a", isolating=single, single=single).jobs
    assert claimed.job.id == sound.id
    assert queue.claim(BULK, "b", isolating=False) == Batch()
    assert store.queue_depth(BULK) == 9 * MOST_IMAGES


def test_a_claim_has_few_pixels_and_a_large_photo_comes_all_the_same(
    store: JobStore, queue: JobQueue, clock: ManualClock
) -> None:
    jobs = list[str]()
    for size in (MOST_PIXELS // 2, MOST_PIXELS // 2, 1, 3 * MOST_PIXELS, 1):
        clock.now += 1
        jobs.append(store.create([b"x"], BULK, pixels=lambda size=size: size).id)
    found = [[claimed.job.id for claimed in queue.claim(BULK, owner).jobs] for owner in "abcd"]
    assert found == [jobs[:2], jobs[2:3], jobs[3:4], jobs[4:]]
