"""The Celery app: which tasks it has, and that a message becomes work."""

import io
import json
import logging
from dataclasses import replace

import pytest
from celery import Celery
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.logs import JsonFormatter
from contracts.queues import ANALYZE_FRAME, ANALYZE_JOBS, BULK, DELIVER_WEBHOOK, QUEUES, TASKS, WEBHOOKS
from contracts.settings import Settings
from workers.app import create_app, register_tasks
from workers.services import Services


@pytest.fixture
def app(settings: Settings, services: Services) -> Celery:
    app = create_app(settings)
    register_tasks(app, services)
    return app


def test_it_has_the_tasks_that_producers_name_and_no_others_of_ours(app: Celery) -> None:
    assert {name for name in app.tasks if not name.startswith("celery.")} == set(TASKS)


def test_one_that_takes_webhooks_alone_has_their_task_alone(settings: Settings, services: Services) -> None:
    app, alone = create_app(settings), settings.model_copy(update={"worker_queues": WEBHOOKS})
    register_tasks(app, replace(services, settings=alone))
    assert {name for name in app.tasks if not name.startswith("celery.")} == {DELIVER_WEBHOOK}


def test_flower_hears_of_jobs_and_not_of_every_frame(app: Celery) -> None:
    assert {name: app.tasks[name].send_events for name in TASKS} == {
        ANALYZE_JOBS: True,
        DELIVER_WEBHOOK: True,
        ANALYZE_FRAME: False,
    }


def test_a_message_can_be_given_back_until_its_task_has_ended_and_none_is_taken_ahead(app: Celery) -> None:
    assert app.conf.task_acks_late
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.worker_disable_prefetch
    assert [queue.name for queue in app.conf.task_queues] == list(QUEUES)
    assert app.conf.accept_content == ["json"]


def test_no_note_is_taken_of_messages_and_one_that_is_given_back_stands_in_its_queue(
    app: Celery, redis: Redis, services: Services
) -> None:
    services.jobs.create([b"x"], BULK)
    with app.connection_for_read() as connection, connection.channel() as channel:
        message = channel.basic_get(BULK)
        assert message is not None
        assert not redis.exists(BULK, "unacked", "unacked_index")
        message.requeue()
        assert redis.llen(BULK) == 1


def test_a_task_does_its_work_and_says_what_became_of_it(app: Celery, services: Services, plain_jpeg: bytes) -> None:
    job = services.jobs.create([plain_jpeg], BULK)
    assert app.tasks[ANALYZE_JOBS](BULK) == "1 job, 1 image"
    assert services.jobs.get(job.id).state.final


def test_log_lines_of_an_analysis_name_its_job(
    app: Celery, services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(services.analyzer, "analyze_image", fail)
    job = services.jobs.create([b"x"], BULK)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("worker"))
    logger = logging.getLogger("workers.outcomes")
    logger.addHandler(handler)
    try:
        with caplog.at_level(logging.INFO, "workers.outcomes"):
            app.tasks[ANALYZE_JOBS](BULK)
    finally:
        logger.removeHandler(handler)
    line = json.loads(stream.getvalue().splitlines()[0])
    assert (line["job_id"], line["event"]) == (job.id, "image 0 could not be analysed")


def test_a_request_for_a_frame_is_answered(app: Celery, services: Services) -> None:
    services.frames.reserve_request("cam", "token")
    assert app.tasks[ANALYZE_FRAME]("cam", "token") == "stale"


def test_a_webhook_is_begun(app: Celery) -> None:
    assert app.tasks[DELIVER_WEBHOOK]("unknown-id") == "begun"


@pytest.mark.parametrize(
    ("task", "arguments", "said"),
    [
        (ANALYZE_JOBS, [BULK], "left to their leases"),
        (ANALYZE_FRAME, ["camera", "1-1"], "dropped"),
        (DELIVER_WEBHOOK, ["one"], "announced again"),
    ],
)
def test_while_redis_is_away_a_task_says_so_in_one_line(
    settings: Settings,
    services: Services,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    task: str,
    arguments: list[str],
    said: str,
) -> None:
    def away(*_: object, **__: object) -> None:
        raise BrokerUnavailable("no answer")

    app = create_app(settings)
    for work in ("jobs.analyze_jobs", "frames.analyze_frame"):
        monkeypatch.setattr(f"workers.{work}", away)
    monkeypatch.setattr(services.webhook_sender, "begin", away)
    register_tasks(app, services)
    assert app.tasks[task](*arguments) == said
    assert [line.exc_info for line in caplog.records if "no answer" in line.getMessage()] == [None]
