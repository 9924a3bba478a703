"""What comes of an image, and of a job."""

import logging

import pytest

from contracts.errors import NotAnImage
from contracts.jobs import ItemResult, JobOptions
from contracts.queues import BULK
from contracts.storage.job_queue import ClaimedJob
from support.factories import make_analysis, make_items
from workers.metrics import Tally
from workers.outcomes import item_of, outcome
from workers.services import Services
from workers.traces import NO_ATTEMPT


def test_an_image_has_an_analysis_or_an_error(caplog: pytest.LogCaptureFixture) -> None:
    analysis = make_analysis()
    assert item_of(3, analysis) == ItemResult(index=3, analysis=analysis)
    wrong = item_of(4, NotAnImage("This is no image."))
    assert wrong.error is not None
    assert (wrong.index, wrong.error.code, wrong.error.detail) == (4, "not_an_image", "This is no image.")
    assert caplog.records == [], "that is the client's mistake"


def test_a_mistake_of_ours_is_told_in_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    item = item_of(0, ZeroDivisionError("inside the network"))
    assert item.error is not None
    assert item.error.code == "analysis_failed"
    assert "inside" not in item.error.detail
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "ZeroDivisionError: inside the network" in caplog.text


def test_a_job_has_failed_if_all_of_its_images_have(services: Services, plain_jpeg: bytes) -> None:
    job = services.jobs.create([plain_jpeg] * 2, BULK)
    claimed, wrong = ClaimedJob(job, [plain_jpeg] * 2), item_of(0, NotAnImage("No image."))

    def error(*items: ItemResult) -> str:
        ended = outcome(services, "me", claimed, list(items), Tally(BULK), attempt=NO_ATTEMPT)
        return ended.error.code if ended.error else ""

    assert error(wrong, *make_items()) == ""
    assert error(wrong, wrong) == "not_an_image"
    assert error() == "analysis_failed"


def test_images_are_drawn_on_for_those_who_ask(services: Services, plain_jpeg: bytes) -> None:
    job = services.jobs.create([plain_jpeg], BULK, options=JobOptions(annotate=True))
    services.jobs.claim(job.id, "me")
    tally = Tally(BULK)
    outcome(services, "me", ClaimedJob(job, [plain_jpeg]), make_items(), tally, attempt=NO_ATTEMPT)
    assert services.jobs.annotated_images.get(job.id, 0) is not None
    assert tally.cpu_seconds["draw"] > 0
