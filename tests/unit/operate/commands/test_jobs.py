"""`mien jobs show` tells what became of a job, and nothing of what was seen."""

import json
from collections.abc import Callable

from redis import Redis

from contracts.jobs import Problem
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.jobs import JobStore
from support.factories import make_analysis, make_face, make_items

Mien = Callable[..., tuple[int, str]]


def test_a_job_is_shown_without_its_result(mien: Mien, redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings)
    job = jobs.create([b"image"], BULK, client="a key")
    jobs.claim(job.id, "worker")
    jobs.finish(job.id, "worker", make_items(make_analysis(make_face("Happy"))))
    status, printed = mien("jobs", "show", job.id)
    assert (status, "Happy" in printed) == (0, False)
    told = json.loads(mien("jobs", "show", job.id, "--json")[1])
    assert (told["state"], told["client"], told["attempts"], told["failed_images"]) == ("succeeded", "a key", 1, 0)
    assert told["finished_at"] >= told["created_at"]


def test_the_reason_of_a_failure_is_shown(mien: Mien, redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings)
    job = jobs.create([b"image"], BULK)
    jobs.claim(job.id, "worker")
    jobs.finish(job.id, "worker", [], Problem(code="attempts_exhausted", detail="Three workers stopped."))
    assert "attempts_exhausted: Three workers stopped." in mien("jobs", "show", job.id)[1]


def test_one_that_never_was_is_told(mien: Mien) -> None:
    assert mien("jobs", "show", "x") == (1, "mien: There is no job of this id.\n")
