"""A Redis behind TLS: gateway, worker and Flower speak it, and none speaks to a server that they cannot verify."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from flower.utils.broker import Broker
from kombu import Connection
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.queues import QUEUES, broker_options
from contracts.settings import Settings
from contracts.storage.connections import check_connection, connect
from support.processes import StartGateway, StartWorkers
from support.tls_proxy import CERTIFICATE, tls_proxy

PHOTO = (Path(__file__).parents[2] / "capture/sources/astronaut.jpg").read_bytes()


@pytest.fixture
def address(redis_url: str) -> Iterator[str]:
    """The private server's address behind TLS, without a word about its certificate."""
    server = urlsplit(redis_url)
    with tls_proxy(str(server.hostname), int(server.port or 0)) as port:
        yield f"rediss://localhost:{port}/0"


def test_a_photo_is_analysed(
    address: str, redis: Redis, start_gateway: StartGateway, start_workers: StartWorkers
) -> None:
    url = f"{address}?ssl_ca_certs={CERTIFICATE}"
    start_workers(redis_url=url)
    _, port = start_gateway(redis_url=url, rate_limit="10/minute")
    headers = {"Content-Type": "image/jpeg"}
    answer = requests.post(f"http://127.0.0.1:{port}/detect_emotion", data=PHOTO, headers=headers, timeout=40)
    assert answer.json()["emotion"] == "Happy"


def test_flower_sees_the_queues(address: str) -> None:
    options = broker_options(Settings(redis_url=f"{address}?ssl_ca_certs={CERTIFICATE}"))
    broker = Broker(
        options["broker_url"],
        broker_options=options["broker_transport_options"],
        broker_use_ssl=options["broker_use_ssl"],
    )
    assert [queue["name"] for queue in asyncio.run(broker.queues(QUEUES))] == list(QUEUES)


def test_a_server_that_cannot_be_verified_is_refused_by_both_libraries(address: str) -> None:
    with pytest.raises(BrokerUnavailable) as raised:
        check_connection(connect(address, name="tests"))
    assert "CERTIFICATE_VERIFY_FAILED" in str(raised.value.__cause__)
    options = broker_options(Settings(redis_url=address))
    broker = Connection(options["broker_url"], ssl=options.get("broker_use_ssl", False))
    with broker, pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
        broker.default_channel.client.ping()


def test_verification_ends_by_the_operators_word_only(address: str) -> None:
    options = broker_options(Settings(redis_url=f"{address}?ssl_cert_reqs=none&ssl_check_hostname=false"))
    with Connection(options["broker_url"], ssl=options["broker_use_ssl"]) as broker:
        assert broker.default_channel.client.ping()
