"""Whole systems of real processes, on a broker of their own that a test may kill, freeze and fill."""

import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from PIL import Image
from redis import Redis

from contracts.storage import keys
from contracts.storage.heartbeat import HeartbeatStore
from support.broker import Broker
from support.clocks import WaitFor
from support.disk import Disk
from support.faults import IMPATIENT, Finished, Measured, StartSystem, System
from support.ledger import Account, Ledger, outcome
from support.pictures import astronaut
from support.processes import StartGateway, StartProcess
from support.redis_proxy import RedisProxy, redis_proxy

SOAK_MINUTES, SOAK_SEED = "--soak-minutes", "--soak-seed"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options that are known when this folder is named on the command line."""
    parser.addoption(SOAK_MINUTES, type=float, default=None, help="How long the soak lasts; without it, there is none.")
    parser.addoption(SOAK_SEED, type=int, default=0, help="Of the order of its faults, and of what clients ask for.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the soak out unless its length is given: it has a word of its own in the Makefile."""
    if config.getoption(SOAK_MINUTES, None) is None:
        left_out = [item for item in items if "soak_minutes" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def soak_minutes(request: pytest.FixtureRequest) -> float:
    """How long the soak lasts."""
    return float(request.config.getoption(SOAK_MINUTES))


@pytest.fixture
def soak_seed(request: pytest.FixtureRequest) -> int:
    """Of the order of its faults."""
    return int(request.config.getoption(SOAK_SEED))


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
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A small disk."""
    disk = Disk(tmp_path / "small")
    yield disk
    disk.close()


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
        settings = {**IMPATIENT, "redis_url": url or broker.url, **settings}
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
def finished(broker: Broker) -> Iterator[Finished]:
    """How often a result was stored for each job: the step that stores one, and no other, lets the record expire."""
    told: Counter[str] = Counter()
    redis = broker.client()
    redis.config_set("notify-keyspace-events", "Eg")
    with redis.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("__keyevent@0__:expire")

        def read() -> Counter[str]:
            while message := listener.get_message(timeout=0.05):
                first, _, job_id = message["data"].decode().rpartition(":")
                if first + ":" == keys.job(""):
                    told[job_id] += 1
            return told

        read()
        yield read
    redis.close()


@pytest.fixture
def measured(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Measured:
    """Note what was counted and measured, for ``docs/reliability.md``."""
    promised = request.node.get_closest_marker("fault").args

    def note(count: Mapping[str, float], recovered_s: float) -> None:
        promise, fault = promised
        noted = {"promise": promise, "fault": fault, "counted": dict(count), "recovered_s": round(recovered_s, 1)}
        record_property("reliability", noted)

    return note
