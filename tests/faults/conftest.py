"""Whole systems of real processes, on a broker of their own that a test may kill, freeze and fill."""

import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from PIL import Image
from redis import Redis

from contracts.storage.heartbeat import HeartbeatStore
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured, StartSystem, System
from support.ledger import Account, Ledger, outcome
from support.pictures import astronaut
from support.processes import StartGateway, StartProcess
from support.redis_proxy import RedisProxy, redis_proxy

IMPATIENT = {"lease_s": 2, "requeue_after_s": 2}


@pytest.fixture(scope="session")
def photos() -> list[bytes]:
    """JPEGs that no two have the same outcome: a face, and surfaces without one that differ in size."""
    faces = [astronaut(), *(np.full((120, 160 + 8 * more, 3), 90, np.uint8) for more in range(5))]
    encoded = []
    for pixels in faces:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG")
        encoded.append(buffer.getvalue())
    return encoded


@pytest.fixture
def start_broker(tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    """Start a broker, with options that take the place of those of `make up`."""
    brokers: list[Broker] = []

    def start(clock_off_s: float = 0, **options: str) -> Broker:
        brokers.append(Broker(tmp_path / f"broker-{len(brokers)}", clock_off_s=clock_off_s, **options))
        return brokers[-1]

    yield start
    for broker in brokers:
        broker.close()


@pytest.fixture
def broker(start_broker: Callable[..., Broker]) -> Broker:
    """A broker as `make up` runs it."""
    return start_broker()


@pytest.fixture
def proxy(broker: Broker) -> Iterator[RedisProxy]:
    """A proxy before that broker."""
    with redis_proxy(broker.socket) as proxy:
        yield proxy


@pytest.fixture
def start_system(
    photos: list[bytes], tmp_path: Path, start_process: StartProcess, start_gateway: StartGateway, wait_for: WaitFor
) -> Iterator[StartSystem]:
    """Start a gateway and workers, and have each photo analysed once."""
    clients: list[Redis] = []

    def start(
        broker: Broker,
        url: str = "",
        workers: int = 1,
        clocks_off_s: Mapping[str, float] = MappingProxyType({}),
        **settings: object,
    ) -> System:
        settings = IMPATIENT | {"redis_url": url or broker.url} | settings
        off = {module: clocks_off_s.get(module, 0) for module in ("api", "workers")}
        started = [start_process("workers", off["workers"], **settings) for _ in range(workers)]
        gateway, port = start_gateway(clock_off_s=off["api"], **settings)
        redis = broker.client()
        clients.append(redis)
        wait_for(lambda: len(HeartbeatStore(redis).live_workers()) == workers, "workers to be ready")
        address = f"http://127.0.0.1:{port}"
        ledger = Ledger(address, photos)
        account = Account(redis, ledger)
        for _ in photos:
            assert ledger.submit().status == 202
        account.settle(60)
        found = [outcome(account.job(job_id)) for job_id in ledger.accepted]
        return System(redis, ledger, account, started, gateway, address, lambda photo: found[photo], tmp_path)

    yield start
    for client in clients:
        client.close()


@pytest.fixture
def measured(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Measured:
    """Note what was counted and measured, for ``docs/reliability.md``."""
    promised = request.node.get_closest_marker("fault").args

    def note(count: Mapping[str, float], recovered_s: float) -> None:
        promise, fault = promised
        noted = {"promise": promise, "fault": fault, "counted": dict(count), "recovered_s": round(recovered_s, 1)}
        record_property("reliability", noted)

    return note
