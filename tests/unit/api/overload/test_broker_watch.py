"""A broker that does not answer is found out once, not by every request."""

import threading
import time

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ResponseError

from api.overload.broker_watch import BrokerWatch
from api.services import services_of
from contracts.errors import BrokerUnavailable
from contracts.storage.connections import connect
from support.gateway import NO_SERVER


def test_two_questions_without_an_answer_are_a_broker_that_is_away_until_it_answers(redis: Redis) -> None:
    watch, nowhere = BrokerWatch(redis), connect(NO_SERVER, name="tests")
    watch.look()
    watch._redis = nowhere
    watch.look()
    watch.check()
    watch.look()
    with pytest.raises(BrokerUnavailable, match="has not answered"):
        watch.check()
    watch._redis = redis
    watch.look()
    watch.check()


def test_a_broker_that_answers_with_an_error_is_there(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> None:
    def refuse() -> None:
        raise ResponseError("MISCONF Errors writing to the AOF file: No space left on device")

    monkeypatch.setattr(redis, "ping", refuse)
    watch = BrokerWatch(redis)
    for _ in range(3):
        watch.look()
    watch.check()


def test_where_others_have_all_connections_nothing_is_said_of_the_broker(redis_url: str) -> None:
    with connect(redis_url, name="tests", max_connections=1, connection_s=0.01) as client:
        taken = client.connection_pool.get_connection()
        watch = BrokerWatch(client)
        for _ in range(3):
            watch.look()
        watch.check()
        client.connection_pool.release(taken)


def test_it_ends_before_its_connections_are_closed(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> None:
    asked, answered = threading.Event(), threading.Event()

    def ping() -> None:
        asked.set()
        time.sleep(0.1)  # the answer takes a while
        answered.set()

    monkeypatch.setattr(redis, "ping", ping)
    watch = BrokerWatch(redis)
    watch._start()
    assert asked.wait(10)
    watch.close()
    assert answered.is_set()
    watch._start()
    assert not watch._thread.is_alive()


def test_while_the_broker_is_away_only_public_views_are_served(app: Flask, jpeg: bytes) -> None:
    client, watch = app.test_client(), services_of(app).broker_watch
    watch._failures = 1_000_000  # its thread starts with the next request, and looks half a second later
    answer = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "broker_unavailable")
    assert client.get("/livez").status_code == 200
