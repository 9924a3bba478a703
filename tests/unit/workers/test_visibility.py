"""Messages of running tasks stay invisible to other workers, on a real server."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from redis import Redis

from contracts.queues import WEBHOOKS
from contracts.settings import Settings
from contracts.storage.dispatch import Dispatcher
from support.clocks import ManualClock
from workers import visibility
from workers.app import create_app
from workers.visibility import ExtendVisibilityTimeout, touch_unacked

INDEX = "unacked_index"


@pytest.fixture
def app(settings: Settings) -> Celery:
    return create_app(settings)


@pytest.fixture
def consumer(app: Celery, dispatcher: Dispatcher) -> Iterator[Any]:
    """What the step sees of a consumer that holds one message, as a worker does while a task runs."""
    dispatcher.webhook("some-id")
    with app.connection_for_read() as connection, connection.channel() as channel:
        message = channel.basic_get(WEBHOOKS)
        assert message is not None
        yield SimpleNamespace(
            app=app,
            task_consumer=SimpleNamespace(channel=channel),
            connection_errors=connection.connection_errors,
            message=message,
        )


def test_a_held_message_gets_a_fresh_time(
    consumer: Any, redis: Redis, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((tag, taken_at),) = redis.zrange(INDEX, 0, -1, withscores=True)
    monkeypatch.setattr(visibility.time, "time", clock)
    clock.now = taken_at + 50
    assert touch_unacked(consumer) == 1
    assert redis.zrange(INDEX, 0, -1, withscores=True) == [(tag, taken_at + 50)]


def test_one_that_is_acknowledged_is_left_alone(consumer: Any, redis: Redis) -> None:
    consumer.message.ack()
    assert touch_unacked(consumer) == 0
    assert redis.zcard(INDEX) == 0


def test_one_that_was_handed_out_again_is_not_taken_back(consumer: Any, redis: Redis) -> None:
    redis.delete(INDEX)
    touch_unacked(consumer)
    assert redis.zcard(INDEX) == 0


def test_a_broker_that_is_away_is_tried_again_later(
    consumer: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(consumer.task_consumer.channel, "conn_or_acquire", away)
    assert touch_unacked(consumer) == 0
    assert "cannot prolong the hold on 1 messages" in caplog.text


class Timer:
    """Notes what is to be called, and how often."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, Callable[..., object], tuple[object, ...]]] = []
        self.canceled = 0

    def call_repeatedly(self, seconds: float, call: Callable[..., object], arguments: tuple[object, ...]) -> "Timer":
        self.calls.append((seconds, call, arguments))
        return self

    def cancel(self) -> None:
        self.canceled += 1


def test_it_runs_well_within_the_timeout_from_connection_to_connection(app: Celery, settings: Settings) -> None:
    timer = Timer()
    consumer = SimpleNamespace(app=app, timer=timer)
    step = ExtendVisibilityTimeout(consumer)
    for connections in (1, 2):
        step.start(consumer)
        seconds, call, arguments = timer.calls[-1]
        assert seconds <= settings.visibility_timeout_s / 3
        assert (call, arguments) == (touch_unacked, (consumer,))
        step.stop(consumer)
        step.stop(consumer)
        assert timer.canceled == connections
