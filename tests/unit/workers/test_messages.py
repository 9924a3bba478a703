"""What a worker takes for a message is what the stores and Celery send, and nothing else."""

import base64
import json
import logging
from typing import get_args

import pytest
from celery import Celery
from redis import Redis

from contracts.queues import (
    ANALYZE_FRAME,
    ANALYZE_JOBS,
    BULK,
    INTERACTIVE,
    JOB_QUEUES,
    LIVE,
    TASKS,
    WEBHOOKS,
    broker_options,
)
from contracts.settings import Settings
from contracts.storage.dispatch import Dispatcher
from contracts.storage.wakeups import wakeup
from workers import messages
from workers.messages import sound, sound_command


def arguments(raw: bytes | None) -> list[str]:
    assert raw is not None
    return json.loads(base64.b64decode(json.loads(raw)["body"]))[0]


def test_tasks_and_queues_are_those_that_producers_name() -> None:
    assert tuple(messages._ARGUMENTS) == TASKS
    assert get_args(messages._Headers.model_fields["task"].annotation) == TASKS
    assert set(get_args(messages._JobQueue)) == set(JOB_QUEUES)


@pytest.mark.parametrize("queue", JOB_QUEUES)
def test_a_wake_up_is_a_message(queue: str) -> None:
    sent, taken = json.loads(wakeup(queue)), sound(queue, wakeup(queue).encode())
    assert taken is not None
    assert arguments(taken) == [queue]
    assert set(json.loads(taken)) == set(sent)


def test_what_celery_sends_for_frames_and_webhooks_is_a_message(redis: Redis, dispatcher: Dispatcher) -> None:
    dispatcher.frame("cam", "token")
    dispatcher.webhook("some job")
    frame, webhook = redis.lpop(LIVE), redis.lpop(WEBHOOKS)
    assert arguments(sound(LIVE, frame)) == ["cam", "token"]
    assert arguments(sound(WEBHOOKS, webhook)) == ["some job"]


def test_what_celery_sends_with_no_options_is_a_message(redis: Redis, settings: Settings) -> None:
    with Celery(set_as_current=False) as app:
        app.conf.update(broker_options(settings))
        app.send_task(ANALYZE_FRAME, ("cam", "token"), queue=LIVE, countdown=600)
    assert arguments(sound(LIVE, redis.lpop(LIVE))) == ["cam", "token"]


def test_a_message_that_a_worker_gave_back_is_one(redis: Redis, settings: Settings) -> None:
    redis.lpush(LIVE, sound(LIVE, wakeup(INTERACTIVE).encode()) or b"")
    with Celery(set_as_current=False) as app:
        app.conf.update(broker_options(settings))
        with app.connection_for_read() as connection, connection.channel() as channel:
            channel.basic_get(LIVE).requeue()
    given_back = redis.lpop(INTERACTIVE)  # where it says that it belongs
    assert arguments(sound(INTERACTIVE, given_back)) == [INTERACTIVE]


def test_what_a_newer_version_adds_is_left_out() -> None:
    message = json.loads(wakeup(BULK))
    message["more"] = message["headers"]["more"] = message["properties"]["more"] = {"__type__": "unknown"}
    taken = sound(BULK, json.dumps(message).encode())
    assert arguments(taken) == [BULK]
    assert b"more" not in (taken or b"")


def test_what_is_no_message_is_told_in_one_line_without_its_content(caplog: pytest.LogCaptureFixture) -> None:
    message = json.loads(wakeup(BULK))
    message["headers"]["task"] = "a secret"
    with caplog.at_level(logging.WARNING):
        assert sound(BULK, json.dumps(message).encode()) is None
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info is None
    assert record.getMessage() == (
        "a message in the queue bulk cannot be read, and is thrown away: headers.task: Input should be 'analyze_jobs', "
        "'analyze_frame' or 'deliver_webhook'"
    )


def test_arguments_are_those_of_the_task() -> None:
    message = json.loads(wakeup(BULK))
    message["headers"]["task"] = ANALYZE_FRAME
    assert sound(LIVE, json.dumps(message).encode()) is None
    message["headers"]["task"] = ANALYZE_JOBS
    assert sound(LIVE, json.dumps(message).encode()) is not None


def sent_to_all(redis: Redis, settings: Settings, method: str, **arguments: object) -> bytes:
    """A command as Celery sends it to all workers."""
    app = Celery("test", set_as_current=False)
    app.conf.update(broker_options(settings))
    with redis.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("/0.celery.pidbox")
        listener.get_message(timeout=5)
        app.control.broadcast(method, arguments=arguments, destination=["worker@one"])
        app.close()
        return bytes(listener.get_message(timeout=5)["data"])


@pytest.mark.parametrize(("method", "arguments"), [("active", {"safe": True}), ("stats", {}), ("enable_events", {})])
def test_commands_that_change_nothing_are_taken_as_celery_sends_them(
    redis: Redis, settings: Settings, method: str, arguments: dict[str, object]
) -> None:
    taken = sound_command(sent_to_all(redis, settings, method, **arguments))
    assert taken is not None
    command = json.loads(base64.b64decode(json.loads(taken)["body"]))
    assert (command["method"], command["destination"]) == (method, ["worker@one"])
    assert (command["arguments"] or {}).items() >= arguments.items()


@pytest.mark.parametrize("method", ["shutdown", "pool_shrink", "revoke", "format_disk"])
def test_commands_that_change_workers_are_thrown_away(
    redis: Redis, settings: Settings, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert sound_command(sent_to_all(redis, settings, method)) is None
    assert "a message to all workers cannot be read, and is thrown away: method" in caplog.text


def test_arguments_that_a_command_does_not_know_are_left_out(redis: Redis, settings: Settings) -> None:
    taken = sound_command(sent_to_all(redis, settings, "report", safe=True, more=1))
    assert taken is not None
    assert json.loads(base64.b64decode(json.loads(taken)["body"]))["arguments"] is None
