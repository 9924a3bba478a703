"""Asking Sentinels for the master: the newest answer of most counts, and none of them is waited for long."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from contracts.queues import broker_options
from contracts.redis_address import parse_sentinel
from contracts.settings import Settings
from contracts.storage.sentinels import Masters, asking_once
from support.clocks import ManualClock

Answer = Mapping[str, Any] | Exception


def state(port: int, epoch: int, *, down: bool = False) -> dict[str, Any]:
    return {"ip": "h", "port": port, "config-epoch": epoch, "is_master": True, "is_sdown": down, "is_odown": False}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> tuple[dict[int, Answer], list[int]]:
    """What the Sentinel at a port answers, and the ports that were asked, in order."""
    given: dict[int, Answer] = {}
    asked: list[int] = []

    def sentinel_master(client: Redis, name: str) -> Mapping[str, Any]:
        assert name == "main"
        port = client.connection_pool.connection_kwargs["port"]
        asked.append(port)
        answer = given[port]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(Redis, "sentinel_master", sentinel_master)
    return given, asked


def masters() -> Masters:
    return Masters(parse_sentinel("sentinel://a:1,b:2,c:3/main"))


def test_most_are_asked_and_the_newest_configuration_counts(answers: tuple[dict[int, Answer], list[int]]) -> None:
    given, asked = answers
    given.update({1: state(10, 1), 2: state(20, 2), 3: state(30, 3)})
    assert masters().find() == ("h", 20)
    assert asked == [1, 2]


def test_one_that_does_not_answer_is_asked_last_from_then_on(answers: tuple[dict[int, Answer], list[int]]) -> None:
    given, asked = answers
    given.update({1: RedisTimeoutError(), 2: state(20, 2), 3: state(30, 1)})
    finder = masters()
    assert finder.find() == finder.find() == ("h", 20)
    assert asked == [1, 2, 3, 2, 3]


def test_one_that_takes_the_master_for_lost_does_not_count(answers: tuple[dict[int, Answer], list[int]]) -> None:
    given, _ = answers
    given.update({1: state(10, 9, down=True), 2: state(20, 2), 3: ResponseError("No such master with that name")})
    assert masters().find() == ("h", 20)


def test_fewer_than_most_are_believed_and_told_once_a_minute(
    answers: tuple[dict[int, Answer], list[int]], clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    given, _ = answers
    given.update({1: RedisTimeoutError("silent"), 2: state(20, 2), 3: state(20, 2)})
    finder = Masters(parse_sentinel("sentinel://a:1,b:2,c:3/main"), clock)
    with caplog.at_level(logging.WARNING):
        finder.find()
        assert not caplog.records, "two of three are most"
        given[3] = RedisConnectionError("refused")
        assert finder.find() == finder.find() == ("h", 20)
        assert [record.getMessage() for record in caplog.records] == [
            "only 1 of 3 Sentinels say which server is the master, and they may not know of a newer one: "
            "c:3: refused; a:1: silent"
        ]
        clock.now += 60
        finder.find()
    assert len(caplog.records) == 2


def test_without_a_master_each_says_why(answers: tuple[dict[int, Answer], list[int]]) -> None:
    given, _ = answers
    given.update({1: state(10, 9, down=True), 2: RedisConnectionError("refused"), 3: ResponseError("No such master")})
    with pytest.raises(RedisConnectionError, match=r"main .*a:1: it takes h:10 for lost; b:2: refused; c:3: No such"):
        masters().find()


def test_silence_is_an_error_that_is_not_tried_again_at_once(answers: tuple[dict[int, Answer], list[int]]) -> None:
    given, _ = answers
    given.update({1: RedisTimeoutError(), 2: RedisConnectionError(), 3: RedisConnectionError()})
    with pytest.raises(RedisTimeoutError):
        masters().find()


def test_kombu_asks_each_once() -> None:
    options = asking_once(broker_options(Settings(redis_url="sentinel://a,b/main")))
    assert options["broker_transport_options"]["sentinel_kwargs"]["retry"].get_retries() == 0
    plain = broker_options(Settings(redis_url="redis://a"))
    assert asking_once(dict(plain)) == plain
