"""Connections in all and a client: who makes room, and who is told to come again."""

import resource

from api.overload.connections import Connection, ConnectionLimiter, allow_files
from contracts.errors import Overloaded, QuotaExceeded
from contracts.settings import Settings

SMALL = Settings(max_connections=8, client_share=0.5)


class Waiting:
    """Opens connections that wait for a request, and notes which of them were ended."""

    def __init__(self) -> None:
        self.limiter = ConnectionLimiter(SMALL)
        self.ended: list[Connection] = []

    def open(self, address: str) -> Connection:
        connection = self.limiter.open(address)
        connection.expire = lambda: self.ended.append(connection)
        return connection


def test_a_client_that_has_its_share_makes_room_itself() -> None:
    waiting = Waiting()
    other, oldest = waiting.open("10.0.0.1"), waiting.open("10.0.0.2")
    later = [waiting.open("10.0.0.2") for _ in range(4)]
    assert waiting.ended == [oldest]
    assert [connection.refusal for connection in (other, *later)] == [None] * 5


def test_a_full_gateway_ends_a_wait_of_the_client_with_the_most_connections() -> None:
    waiting = Waiting()
    waiting.open("10.0.0.1")
    flood = [waiting.open("10.0.0.2") for _ in range(4)]
    for last in range(3, 6):
        waiting.open(f"10.0.0.{last}")
    newcomer = waiting.open("10.0.0.9")
    assert waiting.ended == flood[:1]
    assert newcomer.refusal is None


def test_where_no_connection_waits_the_new_one_is_told_why() -> None:
    limiter = ConnectionLimiter(SMALL)
    busy = [limiter.open("10.0.0.1") for _ in range(4)]
    refused = limiter.open("10.0.0.1").refusal
    assert isinstance(refused, QuotaExceeded)
    assert "MIEN_CLIENT_SHARE" in str(refused)
    for last in range(2, 6):
        limiter.open(f"10.0.0.{last}")
    full = limiter.open("10.0.0.9").refusal
    assert isinstance(full, Overloaded)
    assert "MIEN_MAX_CONNECTIONS" in str(full)
    for connection in busy:
        limiter.close(connection)
        limiter.close(connection)
    assert limiter.open("10.0.0.1").refusal is None


def test_a_trusted_proxy_has_the_connections_of_many_clients() -> None:
    limiter = ConnectionLimiter(SMALL.model_copy(update={"trusted_proxies": "10.0.0.1"}))
    assert [limiter.open("10.0.0.1").refusal for _ in range(8)] == [None] * 8
    assert isinstance(limiter.open("10.0.0.1").refusal, Overloaded)


def test_the_limit_of_open_files_is_raised_as_far_as_it_may_be() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (600, before[1]))
        assert allow_files(500) == 500
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 600
        assert allow_files(10**9) < 10**9
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
