"""Connections to Redis, made one way everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty
from typing import Any
from weakref import ref

from kombu.exceptions import LimitExceeded, OperationalError
from redis import BlockingConnectionPool, Redis
from redis.backoff import ExponentialBackoff
from redis.connection import AbstractConnection, Connection, SSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MasterDownError, OutOfMemoryError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from contracts.errors import BrokerUnavailable, Overloaded
from contracts.redis_address import SentinelAddress, is_sentinel, parse_sentinel
from contracts.storage.sentinels import Masters


class ServerMoved(RedisConnectionError):  # type: ignore[misc]  # the driver's errors are not typed
    """The server takes no writes: it is a replica now, and others write to another one. Nothing was carried out."""


class NothingSent(RedisConnectionError):  # type: ignore[misc]
    """What was to be done was not sent: before that, there was no connection, or no answer."""


class MovedUnsent(ServerMoved, NothingSent):
    """The server said that it is a replica when the connection was made: nothing was sent to it."""


class AllTaken(NothingSent):
    """Others had all connections of the client for too long."""


def connect(
    url: str, *, name: str, max_connections: int = 16, answer_s: float = 5.0, connection_s: float = 5.0
) -> Redis:
    """A thread-safe client with bounded connections that survives a restart of the server, and a change of servers.

    When a server answers that it is a replica, all connections of the client are closed and made anew: to the master
    that the Sentinels name then, or to the same name, which may lead elsewhere by now.

    Args:
        url: any of the forms that `contracts.redis_address` lists.
        name: shows up in ``CLIENT LIST``.
        max_connections: upper limit; a caller beyond it waits for a free connection.
        answer_s: how long an answer may take.
        connection_s: how long a caller waits for a free connection at most.
    """
    # A Unix socket answers at once or never, and the driver knows no such options for it.
    tcp = {} if url.startswith("unix:") else {"socket_connect_timeout": min(3.0, answer_s), "socket_keepalive": True}
    options: dict[str, Any] = {
        "max_connections": max_connections,
        "timeout": connection_s,
        "client_name": name,
        "socket_timeout": answer_s,
        "health_check_interval": 30,
        # A lost connection is tried again at once; a server that hangs is not waited for thrice.
        "retry": Retry(ExponentialBackoff(cap=0.5, base=0.05), 2, supported_errors=(RedisConnectionError,)),
        **tcp,
    }
    if is_sentinel(url):
        pool = _pool_of_master(parse_sentinel(url), options)
    else:
        pool = BlockingConnectionPool.from_url(url, **options)
    pool.connection_class = _enduring(pool)
    return Redis.from_pool(pool)  # the client owns its pool: closing it closes the connections


def _pool_of_master(address: SentinelAddress, options: dict[str, Any]) -> BlockingConnectionPool:
    """Connections to whichever server the Sentinels call the master when each is made."""
    known = {"db": address.db, "username": address.username, "password": address.password}
    kind: type[Connection] = Connection if address.tls is None else SSLConnection
    pool = BlockingConnectionPool(connection_class=kind, **options, **known, **(address.tls or {}))
    pool.connection_class = _to_master(kind, Masters(address))
    return pool


def _to_master(kind: type[Connection], masters: Masters) -> type[Connection]:
    """The same kind of connection, which asks where to whenever it connects, and makes sure that it is there."""

    def connect_to_master(connection: Any) -> Any:
        connection.host, connection.port = masters.find()
        return kind._connect(connection)

    def greet(connection: Any, check_health: bool = True) -> None:
        kind.on_connect_check_health(connection, check_health=check_health)
        connection.send_command("ROLE", check_health=False)
        with suppress(ResponseError):  # this user may not ask
            role, *_ = connection.read_response()
            if role != b"master":
                raise ServerMoved(f"{connection.host}:{connection.port} is no master any more")

    members = {"_connect": connect_to_master, "on_connect_check_health": greet}
    return type(f"Master{kind.__name__}", (kind,), members)


def _enduring(pool: BlockingConnectionPool) -> type[AbstractConnection]:
    """The pool's kind of connection, for servers that cannot write.

    To one that cannot write its file an error is an answer when it is asked whether it is there: it answers so also to
    a ping, and what it is to read it reads. One that has become a replica is left, by all connections of the pool.
    """
    kind, owner = pool.connection_class, ref(pool)

    def send_ping(connection: Any) -> None:
        with suppress(ResponseError):
            kind._send_ping(connection)

    def read_response(connection: Any, *args: Any, **options: Any) -> Any:
        try:
            return kind.read_response(connection, *args, **options)
        except ResponseError as error:
            if not _no_master(error):
                raise
            connection.disconnect()
            if others := owner():
                others.disconnect(inuse_connections=False)
            raise ServerMoved(str(error)) from error

    return type(f"Enduring{kind.__name__}", (kind,), {"_send_ping": send_ping, "read_response": read_response})


def _no_master(error: ResponseError) -> bool:
    """Whether the server takes no writes because it is a replica, or has become one while this connection waited."""
    return isinstance(error, ReadOnlyError | MasterDownError) or str(error).startswith("UNBLOCKED")


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
    except ServerMoved as error:
        raise BrokerUnavailable("The job store is a replica now, and cannot be written to; try again soon.") from error
    except (RedisConnectionError, RedisTimeoutError) as error:
        if _found_none(error):
            raise BrokerUnavailable("No connection to the job store was free; try again in a few seconds.") from error
        raise BrokerUnavailable("The job store does not answer; try again in a few seconds.") from error
    except RedisError as error:
        if str(error).startswith("MISCONF"):
            raise BrokerUnavailable("The job store cannot write its file (its disk may be full).") from error
        raise BrokerUnavailable("The job store refused the operation; its log or ours says why.") from error


@contextmanager
def before_sending() -> Iterator[None]:
    """Tell what fails in the block, which carries out nothing, from a step whose answer is lost.

    Raises:
        NothingSent: in place of the driver's errors.
    """
    try:
        yield
    except ServerMoved as error:
        raise MovedUnsent(str(error)) from error
    except (RedisConnectionError, RedisTimeoutError) as error:
        kind = AllTaken if _found_none(error) else NothingSent
        raise kind(str(error)) from error


def is_unsent(error: BaseException) -> bool:
    """Whether what was to be done was not sent to Redis. `error` is a translated one."""
    return isinstance(error.__cause__, NothingSent)


def none_free(error: BaseException) -> bool:
    """Whether others had all connections of the client, which says nothing of Redis. `error` is a translated one."""
    return error.__cause__ is not None and _found_none(error.__cause__)


def _found_none(error: BaseException) -> bool:
    """The same of one of the driver's, or of `before_sending`."""
    return isinstance(error, AllTaken) or isinstance(error.__context__, Empty)


def is_away(error: BaseException) -> bool:
    """Whether Redis gave no answer: unless `is_unsent`, it may have been carried out. `error` is a translated one."""
    return isinstance(error.__cause__, RedisConnectionError | RedisTimeoutError)


@contextmanager
def translate_broker_errors() -> Iterator[None]:
    """The same for messages sent through Celery, which wraps the driver's errors in its own."""
    with translate_errors():
        try:
            yield
        except (OperationalError, LimitExceeded) as error:  # the latter when all connections are taken for too long
            raise BrokerUnavailable("The job queue does not answer; try again in a few seconds.") from error


def check_apart(redis: Redis) -> None:
    """The same as `check_connection`, over a connection of its own: the client's may all be taken, or wait.

    Raises:
        BrokerUnavailable: the server does not answer, within about as long as an answer may take.
    """
    pool = redis.connection_pool
    connection = pool.connection_class(**pool.connection_kwargs)
    with translate_errors():
        try:
            connection.connect()
            connection.send_command("PING", check_health=False)
            connection.read_response()
        finally:
            connection.disconnect()


def check_connection(redis: Redis) -> None:
    """Make sure that the server answers.

    Raises:
        BrokerUnavailable: it does not.
    """
    with translate_errors():
        redis.ping()
