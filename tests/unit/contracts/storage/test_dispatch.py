"""What travels in a message: ids, never images; to the queues that workers read."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.queues import LIVE, WEBHOOKS
from contracts.settings import Settings
from contracts.storage.dispatch import Dispatcher
from support.clocks import WaitFor


@pytest.fixture
def dispatcher(settings: Settings) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(settings)
    yield dispatcher
    dispatcher.close()


def sent(redis: Redis, queue: str) -> dict[str, object]:
    return json.loads(redis.lrange(queue, 0, -1)[0])


def test_a_frame_request_is_a_camera_and_a_token(redis: Redis, dispatcher: Dispatcher) -> None:
    dispatcher.frame("front-door", "token")
    headers = sent(redis, LIVE)["headers"]
    assert headers["task"] == "analyze_frame"
    assert headers["argsrepr"] == "front-door"
    assert headers["expires"] is None, "it would be by the clocks of two hosts"


def test_a_broker_out_of_reach_is_a_typed_error() -> None:
    with pytest.raises(BrokerUnavailable):
        Dispatcher(Settings(redis_url="redis://127.0.0.1:1/0")).webhook("id")


def test_too_many_at_a_time_are_a_typed_error_as_well(
    dispatcher: Dispatcher, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contracts.storage.dispatch._TIMEOUT_S", 0.01)
    with ExitStack() as others:
        for _ in range(4):
            others.enter_context(dispatcher._pool.acquire())
        with pytest.raises(BrokerUnavailable):
            dispatcher.webhook("id")
    dispatcher.webhook("id")


def test_one_that_is_closed_takes_nothing_from_the_others(redis: Redis, settings: Settings) -> None:
    staying, closed = Dispatcher(settings), Dispatcher(settings)
    staying.webhook("a")
    closed.webhook("b")
    closed.close()
    staying.webhook("c")
    later = Dispatcher(settings)
    later.webhook("d")
    assert redis.llen(WEBHOOKS) == 4
    later.close()
    staying.close()


def test_closing_closes_the_connections(redis: Redis, settings: Settings, wait_for: WaitFor) -> None:
    def senders() -> set[str]:
        """Connections that have pushed a message last."""
        return {client["addr"] for client in redis.client_list() if client["cmd"] in {"lpush", "exec"}}

    before = senders()
    dispatcher = Dispatcher(settings)
    dispatcher.webhook("a")
    wait_for(lambda: senders() - before, "a connection to have sent")
    dispatcher.close()
    wait_for(lambda: not senders() - before, "it to be closed")
