"""A lost connection's channels are disarmed before Celery replaces it."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker.consumer import Consumer as CeleryConsumer

from workers.consumer import Consumer


class Unacknowledged:
    """What kombu keeps of a channel's messages; it fails as kombu's does once the connection is closed."""

    def ack(self, tag: str) -> None:
        raise AttributeError("'NoneType' object has no attribute 'hostname'")

    reject = ack


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


def test_nothing_is_restored_or_acknowledged_on_a_closed_connection(replaced: list[Exception]) -> None:
    channels = [SimpleNamespace(do_restore=True, qos=Unacknowledged()) for _ in range(2)]
    consumer = consumer_with(SimpleNamespace(_transport=SimpleNamespace(channels=channels)))
    error = ConnectionError("gone")
    consumer.on_connection_error_after_connected(error)
    assert replaced == [error]
    for channel in channels:
        assert not channel.do_restore
        channel.qos.ack("tag")
        channel.qos.reject("tag", requeue=True)


@pytest.mark.parametrize("connection", [None, SimpleNamespace(), SimpleNamespace(_transport=None)])
def test_a_connection_that_was_never_made_has_no_channels(replaced: list[Exception], connection: Any) -> None:
    consumer_with(connection).on_connection_error_after_connected(ConnectionError("gone"))
    assert len(replaced) == 1
