"""Redis behind Sentinels: the master moves, and gateway and worker go on with the new one."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from celery import Celery
from flower.utils.broker import Broker

from contracts.queues import QUEUES, broker_options
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.sentinels import asking_once
from support.clocks import WaitFor
from support.ledger import Account, Ledger
from support.processes import StartGateway, StartProcess
from support.sentinels import Trio, running

PHOTO = (Path(__file__).parents[2] / "capture/sources/astronaut.jpg").read_bytes()

SOON = {"lease_s": 2, "requeue_after_s": 2}
"""What was in a worker's hands while the master moved is taken over when its lease has run out."""


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with running(
        Trio(tmp_path_factory.mktemp("trio"), password="of-servers", sentinel_password="of-sentinels")
    ) as started:
        yield started


def test_the_master_moves_under_load_and_no_accepted_job_is_lost(
    trio: Trio, start_gateway: StartGateway, start_process: StartProcess, wait_for: WaitFor
) -> None:
    settings = {
        "redis_url": trio.url,
        "durability": "replicated",
        "rate_limit": "100000/minute",
        "lease_s": 2,
        "requeue_after_s": 2,
    }
    worker = start_process("workers", **settings)
    _, port = start_gateway(**settings)
    ledger = Ledger(f"http://127.0.0.1:{port}", [PHOTO])
    redis = connect(trio.url, name="tests")
    wait_for(HeartbeatStore(redis).live_workers, "a worker")
    with ledger.load(2):
        wait_for(lambda: len(ledger.accepted) > 5, "jobs to be accepted")
        trio.failover()
        before = len(ledger.accepted)
        wait_for(lambda: len(ledger.accepted) > before + 5, "jobs to be accepted by the new master")
    account = Account(redis, ledger)
    account.settle(60)
    counted = account.check()
    assert counted["succeeded"] == counted["accepted"]
    assert worker.poll() is None
    answer = requests.post(
        f"{ledger.url}/detect_emotion", data=PHOTO, headers={"Content-Type": "image/jpeg"}, timeout=60
    )
    assert answer.json()["emotion"] == "Happy"
    redis.close()


def test_flower_sees_the_queues(trio: Trio) -> None:
    app = Celery("flower", set_as_current=False)
    app.conf.update(asking_once(broker_options(Settings(redis_url=trio.url))))
    with app.connection() as connection:
        url = connection.as_uri(include_password=True)
    broker = Broker(url, broker_options=app.conf.broker_transport_options)

    async def names() -> list[str]:
        try:
            return [queue["name"] for queue in await broker.queues(QUEUES)]
        finally:
            for client in (broker.redis, *broker.redis.connection_pool.sentinel_manager.sentinels):
                await client.aclose(close_connection_pool=True)

    assert asyncio.run(names()) == list(QUEUES)
    app.close()
