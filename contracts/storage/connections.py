"""Connections to Redis, made one way everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from kombu.exceptions import LimitExceeded, OperationalError
from redis import BlockingConnectionPool, Redis
from redis.backoff import ExponentialBackoff
from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from contracts.errors import BrokerUnavailable, Overloaded


def connect(
    url: str, *, name: str, max_connections: int = 16, answer_s: float = 5.0, connection_s: float = 5.0
) -> Redis:
    """A thread-safe client with bounded connections that survives a restart of the server.

    Args:
        url: ``redis://host:port/db``, ``rediss://…`` or ``unix:///path``.
        name: shows up in ``CLIENT LIST``.
        max_connections: upper limit; a caller beyond it waits for a free connection.
        answer_s: how long an answer may take.
        connection_s: how long a caller waits for a free connection at most.
    """
    # A Unix socket answers at once or never, and the driver knows no such options for it.
    tcp = {} if url.startswith("unix:") else {"socket_connect_timeout": min(3.0, answer_s), "socket_keepalive": True}
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=max_connections,
        timeout=connection_s,
        client_name=name,
        socket_timeout=answer_s,
        health_check_interval=30,
        # A lost connection is tried again at once; a server that hangs is not waited for thrice.
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 2, supported_errors=(RedisConnectionError,)),
        **tcp,
    )
    pool.connection_class = _answering(pool.connection_class)
    return Redis.from_pool(pool)  # the client owns its pool: closing it closes the connections


@cache
def _answering(kind: type[AbstractConnection]) -> type[AbstractConnection]:
    """The same kind of connection, to which an error is an answer when it asks whether the server is there.

    A server that cannot write its file answers so also to a ping; what it is to read it reads.
    """

    def send_ping(connection: Any) -> None:
        with suppress(ResponseError):
            kind._send_ping(connection)

    return type(f"Answering{kind.__name__}", (kind,), {"_send_ping": send_ping})


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn the driver's errors into ours, so that no caller needs to know the driver.

    Raises:
        Overloaded: Redis has no memory left for writes.
        BrokerUnavailable: Redis does not answer, or answers with an error.
    """
    try:
        yield
    except OutOfMemoryError as error:
        raise Overloaded("The job store is full; try again later.", retry_after=10) from error
    except (RedisConnectionError, RedisTimeoutError) as error:
        raise BrokerUnavailable("The job store does not answer; try again in a few seconds.") from error
    except RedisError as error:
        if str(error).startswith("MISCONF"):
            raise BrokerUnavailable("The job store cannot write its file (its disk may be full).") from error
        raise BrokerUnavailable("The job store refused the operation; its log or ours says why.") from error


def is_away(error: BaseException) -> bool:
    """Whether Redis gave no answer to what was asked: it may have been carried out. `error` is a translated one."""
    return isinstance(error.__cause__, RedisConnectionError | RedisTimeoutError)


@contextmanager
def translate_broker_errors() -> Iterator[None]:
    """The same for messages sent through Celery, which wraps the driver's errors in its own."""
    with translate_errors():
        try:
            yield
        except (OperationalError, LimitExceeded) as error:  # the latter when all connections are taken for too long
            raise BrokerUnavailable("The job queue does not answer; try again in a few seconds.") from error


def check_connection(redis: Redis) -> None:
    """Make sure that the server answers.

    Raises:
        BrokerUnavailable: it does not.
    """
    with translate_errors():
        redis.ping()
