"""The message that says there is work is what the installed Celery would send."""

import json
from typing import Any

import pytest
from celery import Celery
from redis import Redis

from contracts.queues import ANALYZE_JOBS, JOB_QUEUES, broker_options
from contracts.settings import Settings
from contracts.storage.wakeups import wakeup


def sent_by_celery(redis: Redis, settings: Settings, queue: str) -> dict[str, Any]:
    app = Celery("mien", set_as_current=False)
    app.conf.update(broker_options(settings))
    app.send_task(ANALYZE_JOBS, (queue,), queue=queue, argsrepr=queue, kwargsrepr="", ignore_result=True)
    app.close()
    return json.loads(redis.lpop(queue))


@pytest.mark.parametrize("queue", JOB_QUEUES)
def test_it_is_what_celery_sends_but_for_what_is_new_each_time(redis: Redis, settings: Settings, queue: str) -> None:
    theirs, ours = sent_by_celery(redis, settings, queue), json.loads(wakeup(queue))
    for message in (theirs, ours):
        assert message["headers"]["id"] == message["headers"]["root_id"] == message["properties"]["correlation_id"]
        for part, names in (
            ("headers", ("id", "root_id", "origin")),
            ("properties", ("correlation_id", "delivery_tag")),
        ):
            for name in names:
                assert message[part].pop(name)
        del message["properties"]["reply_to"]  # of Celery's results, which Mien does not use
        for name in ("argsrepr", "kwargsrepr"):  # Celery repeats these; nothing reads them here
            message["properties"].pop(name, None)
    assert ours == theirs


def test_no_two_are_the_same() -> None:
    first, second = (json.loads(wakeup("bulk")) for _ in range(2))
    assert first["headers"]["id"] != second["headers"]["id"]
    assert first["properties"]["delivery_tag"] != second["properties"]["delivery_tag"]
