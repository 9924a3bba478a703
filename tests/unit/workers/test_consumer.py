"""A lost connection's channels are disarmed before Celery replaces it; events are collected."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker.consumer import Consumer as CeleryConsumer
from kombu.asynchronous import Hub
from redis.exceptions import ConnectionError as RedisConnectionError

from workers.consumer import CONNECT_EVERY_S, EVENTS_EVERY_S, Consumer


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """The errors over which Celery has replaced a connection."""
    errors: list[Exception] = []

    def replace(_: CeleryConsumer, error: Exception) -> None:
        errors.append(error)

    monkeypatch.setattr(CeleryConsumer, "on_connection_error_after_connected", replace)
    return errors


def consumer_with(connection: Any) -> Consumer:
    consumer = Consumer.__new__(Consumer)
    consumer.connection = connection
    return consumer


def test_nothing_is_given_back_on_a_closed_connection(replaced: list[Exception]) -> None:
    channels = [SimpleNamespace(do_restore=True) for _ in range(2)]
    consumer = consumer_with(SimpleNamespace(_transport=SimpleNamespace(channels=channels)))
    error = ConnectionError("gone")
    consumer.on_connection_error_after_connected(error)
    assert replaced == [error]
    assert not any(channel.do_restore for channel in channels)


@pytest.mark.parametrize("connection", [None, SimpleNamespace(), SimpleNamespace(_transport=None)])
def test_a_connection_that_was_never_made_has_no_channels(replaced: list[Exception], connection: Any) -> None:
    consumer_with(connection).on_connection_error_after_connected(ConnectionError("gone"))
    assert len(replaced) == 1


def test_told_to_connect_anew_it_gives_its_connection_up_once() -> None:
    consumer, hub = consumer_with(None), Hub()
    consumer.blueprint = SimpleNamespace(send_all=lambda *_, **__: None)
    consumer.register_with_event_loop(hub)
    assert len(hub.timer.queue) == 1
    consumer._give_up_if_deaf()
    consumer.connect_anew()
    with pytest.raises(RedisConnectionError, match="work waits"):
        consumer._give_up_if_deaf()
    consumer.register_with_event_loop(hub)
    consumer._give_up_if_deaf()


def test_events_of_a_quarter_of_a_second_are_sent_together() -> None:
    consumer, sent = consumer_with(None), list[str]()
    consumer.hub, consumer._planned = Hub(), False
    consumer.event_dispatcher = SimpleNamespace(flush=lambda: sent.append("all"))
    for rounds in (1, 2):
        for _ in range(3):
            consumer._flush_events()
        ((_, _, entry),) = [scheduled for scheduled in consumer.hub.timer.queue if not scheduled.entry.cancelled]
        assert len(sent) == rounds - 1
        entry()
        consumer.hub.timer.clear()
        assert len(sent) == rounds
    assert EVENTS_EVERY_S < 1, "whoever looks at Flower waits for them"


def test_a_worker_tries_to_connect_as_often_after_a_long_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    def ensure(_: CeleryConsumer, connection: Any) -> Any:
        return connection.ensure_connection("errback", None, callback="callback")

    monkeypatch.setattr(CeleryConsumer, "ensure_connected", ensure)
    connection = SimpleNamespace(ensure_connection=lambda *_, **options: options)
    found = consumer_with(None).ensure_connected(connection)
    assert found == {"callback": "callback", "interval_max": CONNECT_EVERY_S}
