"""A lost connection's channels are disarmed before Celery replaces it; events are collected."""

from functools import partial
from queue import Empty
from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker.consumer import Consumer as CeleryConsumer
from kombu.asynchronous import Hub
from kombu.transport.redis import Channel as RedisChannel
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, ResponseError

from support.clocks import ManualClock
from workers.consumer import CONNECT_EVERY_S, EVENTS_EVERY_S, Channel, Consumer


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


def connectable() -> Consumer:
    """A consumer that may be connected."""
    consumer = consumer_with(None)
    consumer.blueprint = SimpleNamespace(send_all=lambda *_, **__: None)
    consumer.when_connected(lambda: None)
    return consumer


def test_each_connection_is_told() -> None:
    consumer, told = connectable(), list[int]()
    for connection in range(3):
        consumer.when_connected(partial(told.append, connection))
        consumer.register_with_event_loop(Hub())
        assert told[-1] == connection
    assert len(told) == 3


def test_told_to_connect_anew_it_gives_its_connection_up_once() -> None:
    consumer, hub = connectable(), Hub()
    consumer.register_with_event_loop(hub)
    assert len(hub.timer.queue) == 1
    consumer._give_up_if_deaf()
    consumer.connect_anew()
    with pytest.raises(RedisConnectionError, match="work waits"):
        consumer._give_up_if_deaf()
    consumer.register_with_event_loop(hub)
    consumer._give_up_if_deaf()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One for each time that kombu has asked for a message."""
    asked = list[None]()
    monkeypatch.setattr(RedisChannel, "_brpop_start", lambda *_: asked.append(None))
    return asked


def answer(monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> None:
    """What comes of asking."""

    def read(_: RedisChannel) -> bool:
        if error is not None:
            raise error
        return True

    monkeypatch.setattr(RedisChannel, "_brpop_read", read)


def test_a_refusal_is_told_once_and_asked_over_again_in_a_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, clock: ManualClock, asked: list[None]
) -> None:
    monkeypatch.setattr("workers.consumer.monotonic", clock)
    channel = Channel.__new__(Channel)
    for _ in range(3):
        answer(monkeypatch, ResponseError("NOREPLICAS Not enough good replicas to write."))
        with pytest.raises(Empty):
            channel._brpop_read()
        before = len(asked)
        channel._brpop_start()
        assert len(asked) == before
        clock.now += 1
        channel._brpop_start()
        assert len(asked) == before + 1
    assert caplog.text.count("no messages are taken") == 1
    answer(monkeypatch, None)
    assert channel._brpop_read()
    assert not channel._refused


@pytest.mark.parametrize("error", [ReadOnlyError("of a replica"), ResponseError("WRONGTYPE"), ConnectionError("gone")])
def test_other_errors_cost_the_connection(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    answer(monkeypatch, error)
    with pytest.raises(type(error)):
        Channel.__new__(Channel)._brpop_read()


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
