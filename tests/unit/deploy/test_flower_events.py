"""Flower listens on: no outage makes its pauses longer. With real parts `tests/integration/test_flower.py` shows it."""

import asyncio
import time

import pytest
from celery import Celery
from tornado.ioloop import IOLoop

from deploy.flower_events import SteadyEvents
from support.gateway import NO_SERVER

TRIES = 12


class Enough(BaseException):
    """Ends what has no end of its own."""


def test_however_long_redis_is_away_the_pause_stays_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == TRIES:
            raise Enough

    async def make() -> SteadyEvents:  # it belongs to the loop that runs
        app = Celery(set_as_current=False, broker=NO_SERVER)
        app.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0}  # Kombu waits 6 s before it fails
        return SteadyEvents(app, IOLoop.current(), max_tasks_in_memory=10)

    events = asyncio.run(make())
    monkeypatch.setattr(time, "sleep", pause)
    with pytest.raises(Enough):
        events.run()
    assert pauses == [2.0] * TRIES
    assert "listened for again in 2 s" in caplog.text
